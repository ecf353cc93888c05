//! What a watcher knows to be waiting, so that nothing that happens while a stream is down goes untold.

use std::collections::HashMap;

use tonic::{Code, Status};

use crate::connection::Connection;
use duyet_proto::v1;

const PAGE: i32 = 200;
/// Of a longer queue only the newest are compared.
const PAGES: usize = 5;

/// Waiting comments by id, with the revision last seen.
#[derive(Debug, Default)]
pub(super) struct Known {
    waiting: HashMap<String, i64>,
    /// All that waits is known.
    is_whole: bool,
}

impl Known {
    /// Remembers an event. Returns false when a comment leaves that was not known to wait.
    pub(super) fn note(&mut self, event: &v1::WatchQueueResponse) -> bool {
        let revision = event.case.as_ref().and_then(|case| case.comment.as_ref()).map_or(0, |comment| comment.revision);
        match event.event() {
            v1::QueueEvent::Waiting => {
                self.waiting.insert(event.comment_id.clone(), revision);
                true
            }
            v1::QueueEvent::Left => self.waiting.remove(&event.comment_id).is_some() || !self.is_whole,
            v1::QueueEvent::Heartbeat | v1::QueueEvent::Unspecified => true,
        }
    }

    /// Compares with the queue as it is now. Returns what must have happened, as events.
    pub(super) async fn compare(
        &mut self,
        connection: &mut Connection,
        filter: &v1::QueueFilter,
    ) -> Result<Vec<v1::WatchQueueResponse>, Status> {
        let (cases, is_whole) = list(connection, filter).await?;
        let gone = self.gone(&cases, is_whole);
        let mut news = self.came(cases);
        for id in gone {
            let answer = connection.moderation.get_case(v1::GetCaseRequest { comment_id: id.clone() }).await;
            let case = match answer {
                Ok(answer) => answer.into_inner().case,
                Err(status) if status.code() == Code::NotFound => None,
                Err(status) => return Err(status),
            };
            news.push(event(v1::QueueEvent::Left, id, case));
        }
        self.is_whole = is_whole;
        Ok(news)
    }

    fn came(&mut self, cases: Vec<v1::ReviewCase>) -> Vec<v1::WatchQueueResponse> {
        let mut news = vec![];
        for case in cases.into_iter().rev() {
            let Some((id, revision)) = case.comment.as_ref().map(|comment| (comment.id.clone(), comment.revision))
            else {
                continue;
            };
            if self.waiting.insert(id.clone(), revision) != Some(revision) {
                news.push(event(v1::QueueEvent::Waiting, id, Some(case)));
            }
        }
        news
    }

    /// Returns known comments that are not listed any more; none when the list was cut short.
    fn gone(&self, cases: &[v1::ReviewCase], is_whole: bool) -> Vec<String> {
        if !is_whole {
            return vec![];
        }
        let listed = |id: &String| cases.iter().any(|case| case.comment.as_ref().is_some_and(|one| one.id == *id));
        self.waiting.keys().filter(|id| !listed(id)).cloned().collect()
    }
}

/// Lists the newest waiting comments. Returns whether these are all.
async fn list(connection: &mut Connection, filter: &v1::QueueFilter) -> Result<(Vec<v1::ReviewCase>, bool), Status> {
    let mut cases = vec![];
    let mut request = v1::ListQueueRequest {
        filter: Some(filter.clone()),
        order: v1::QueueOrder::Newest.into(),
        page_size: PAGE,
        page_token: String::new(),
    };
    for _ in 0..PAGES {
        let page = connection.moderation.list_queue(request.clone()).await?.into_inner();
        cases.extend(page.cases);
        if page.next_page_token.is_empty() {
            return Ok((cases, true));
        }
        request.page_token = page.next_page_token;
    }
    Ok((cases, false))
}

fn event(event: v1::QueueEvent, comment_id: String, case: Option<v1::ReviewCase>) -> v1::WatchQueueResponse {
    v1::WatchQueueResponse { event: event.into(), comment_id, case, total: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, revision: i64) -> v1::ReviewCase {
        let comment = v1::Comment { id: id.into(), revision, ..Default::default() };
        v1::ReviewCase { comment: Some(comment), ..Default::default() }
    }

    #[test]
    fn only_what_is_new_or_changed_is_news() {
        let mut known = Known::default();
        known.note(&event(v1::QueueEvent::Waiting, "a".into(), Some(case("a", 1))));
        known.note(&event(v1::QueueEvent::Waiting, "b".into(), Some(case("b", 1))));
        let cases = vec![case("d", 1), case("b", 2), case("a", 1)];
        assert!(known.gone(&cases, true).is_empty());
        let news = known.came(cases).into_iter().map(|event| event.comment_id).collect::<Vec<_>>();
        assert_eq!(news, ["b", "d"], "oldest first");
        assert_eq!(known.gone(&[case("a", 1), case("b", 2)], true), ["d"]);
        assert!(known.gone(&[], false).is_empty());
    }

    #[test]
    fn a_comment_that_never_waited_does_not_leave() {
        let mut known = Known { is_whole: true, ..Known::default() };
        let left = event(v1::QueueEvent::Left, "a".into(), None);
        assert!(!known.note(&left));
        known.note(&event(v1::QueueEvent::Waiting, "a".into(), None));
        assert!(known.note(&left) && !known.note(&left));
    }
}

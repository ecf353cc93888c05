//! The comments known to be in the queue, so that changes during an outage of the stream are reported afterwards.

use std::collections::HashMap;

use tonic::{Code, Status};

use crate::connection::Connection;
use duyet_proto::v1;

const PAGE: i32 = 200;
/// Largest number of pages to compare, newest comments first.
const PAGES: usize = 5;

/// The ids of comments in the queue, with the revision last seen.
#[derive(Debug, Default)]
pub(super) struct Known {
    waiting: HashMap<String, i64>,
    /// True if all comments in the queue are known.
    is_whole: bool,
}

impl Known {
    /// Records an event. Returns false if a comment left the queue that was not in it, as far as the queue is known.
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

    /// Compares the known comments with the current queue. Returns the differences as events.
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

    /// Returns the ids of the known comments that are not in the list, or no ids if the list is incomplete.
    fn gone(&self, cases: &[v1::ReviewCase], is_whole: bool) -> Vec<String> {
        if !is_whole {
            return vec![];
        }
        let listed = |id: &String| cases.iter().any(|case| case.comment.as_ref().is_some_and(|one| one.id == *id));
        self.waiting.keys().filter(|id| !listed(id)).cloned().collect()
    }
}

/// Lists the newest comments in the queue. Returns whether the list is complete.
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
    fn only_new_or_changed_comments_are_reported() {
        let mut known = Known::default();
        known.note(&event(v1::QueueEvent::Waiting, "a".into(), Some(case("a", 1))));
        known.note(&event(v1::QueueEvent::Waiting, "b".into(), Some(case("b", 1))));
        let cases = vec![case("d", 1), case("b", 2), case("a", 1)];
        assert!(known.gone(&cases, true).is_empty());
        let news = known.came(cases).into_iter().map(|event| event.comment_id).collect::<Vec<_>>();
        assert_eq!(news, ["b", "d"], "the oldest comment is first");
        assert_eq!(known.gone(&[case("a", 1), case("b", 2)], true), ["d"]);
        assert!(known.gone(&[], false).is_empty());
    }

    #[test]
    fn a_comment_that_was_never_in_the_queue_does_not_leave_it() {
        let mut known = Known { is_whole: true, ..Known::default() };
        let left = event(v1::QueueEvent::Left, "a".into(), None);
        assert!(!known.note(&left));
        known.note(&event(v1::QueueEvent::Waiting, "a".into(), None));
        assert!(known.note(&left) && !known.note(&left));
    }
}

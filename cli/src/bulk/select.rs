//! Selects the comments of a bulk decision, each with the revision that was listed.

use std::collections::HashSet;

use tonic::Status;

use crate::connection::Connection;
use duyet_proto::v1;

/// Largest page of the service.
const PAGE: usize = 200;

/// A comment at the revision that was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) id: String,
    pub(super) revision: i64,
    pub(super) status: i32,
}

/// All matching comments, up to a limit.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) matches: Vec<Match>,
    /// The first comments, for display.
    pub(super) first: Vec<v1::ReviewCase>,
    /// True if more comments match than the limit allows.
    pub(super) more: bool,
    seen: HashSet<String>,
}

/// Lists all pages before anything is decided, because decisions move comments between pages.
pub(super) async fn matching(
    connection: &mut Connection,
    filter: v1::QueueFilter,
    order: v1::QueueOrder,
    most: usize,
    glance: usize,
) -> Result<Selection, Status> {
    let mut found = Selection::default();
    let mut request = v1::ListQueueRequest {
        filter: Some(filter),
        order: order.into(),
        page_size: i32::try_from(most.min(PAGE)).unwrap_or(i32::MAX),
        page_token: String::new(),
    };
    loop {
        let page = connection.moderation.list_queue(request.clone()).await?.into_inner();
        let is_last = page.next_page_token.is_empty();
        found.take(page.cases, most, glance);
        if is_last || found.matches.len() >= most {
            found.more |= !is_last;
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

impl Selection {
    /// Adds a page. A comment that moved between pages may be listed twice, but it is added only once.
    fn take(&mut self, cases: Vec<v1::ReviewCase>, most: usize, glance: usize) {
        for case in cases {
            let Some(comment) = &case.comment else { continue };
            if !self.seen.insert(comment.id.clone()) {
                continue;
            }
            if self.matches.len() == most {
                self.more = true;
                return;
            }
            let (id, revision, status) = (comment.id.clone(), comment.revision, comment.status);
            self.matches.push(Match { id, revision, status });
            if self.first.len() < glance {
                self.first.push(case);
            }
        }
    }

    /// Counts the comments by status.
    pub(super) fn by_status(&self) -> Vec<(i32, usize)> {
        let count = |status: i32| self.matches.iter().filter(|one| one.status == status).count();
        (0..=6).map(|status| (status, count(status))).filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Selection {
        /// Returns a selection as if the service had listed the cases.
        pub(in crate::bulk) fn of(cases: Vec<v1::ReviewCase>, most: usize) -> Self {
            let mut found = Self::default();
            found.take(cases, most, most);
            found
        }
    }

    fn cases(ids: &[&str]) -> Vec<v1::ReviewCase> {
        let comment = |id: &&str| v1::Comment { id: (*id).to_owned(), revision: 2, status: 1, ..Default::default() };
        ids.iter().map(|id| v1::ReviewCase { comment: Some(comment(id)), ..Default::default() }).collect()
    }

    #[test]
    fn a_comment_listed_twice_is_selected_once() {
        let mut found = Selection::default();
        found.take(cases(&["a", "b"]), 10, 1);
        found.take(cases(&["b", "c"]), 10, 1);
        assert_eq!(found.matches.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!((found.first.len(), found.more, found.by_status()), (1, false, vec![(1, 3)]));
    }

    #[test]
    fn the_limit_is_kept_and_more_matches_are_reported() {
        let mut found = Selection::default();
        found.take(cases(&["a", "b", "c"]), 2, 10);
        assert_eq!((found.matches.len(), found.more), (2, true));
    }
}

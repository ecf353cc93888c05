//! Keyset pagination: a page starts after a key, so inserts do not shift it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    budget::{ByteBudget, TOKEN, Weigh, weight_of},
    case::ReviewCase,
    id::{ArticleId, CommentId, SiteId},
    public_comment::PublicComment,
    queue::{QueueFilter, QueueOrder},
};

named_enum! {
    /// The order of a list of public comments, by time of publication.
    Order {
        Newest = "NEWEST",
        Oldest = "OLDEST",
    }
}

/// The key of the last row of a page. The next page starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// `published_at`, `created_at`, `due_at` or the audit's `at`, depending on the list.
    pub at: DateTime<Utc>,
    pub id: uuid::Uuid,
    /// Spam score or number of open reports; 0 where the order uses neither.
    pub score: f64,
}

/// Number of replies that a list returns with each root.
pub const REPLIES_SHOWN: usize = 3;

/// A request for a page of public comments.
#[derive(Debug, Clone)]
pub struct CommentPage {
    pub site: SiteId,
    pub article: ArticleId,
    /// `None` lists roots.
    pub parent: Option<CommentId>,
    pub order: Order,
    pub size: usize,
    pub after: Option<Cursor>,
    /// Comments of the calling reader. The pending ones among them are returned in addition to the page.
    pub own: Vec<CommentId>,
}

/// A request for a page of the queue.
#[derive(Debug, Clone)]
pub struct QueuePage<'a> {
    pub site: &'a SiteId,
    pub filter: &'a QueueFilter,
    pub order: QueueOrder,
    pub size: usize,
    pub after: Option<Cursor>,
    /// The last key that the page may reach; `None` means the end of the queue.
    pub until: Option<Cursor>,
    /// The time that decides whether a claim is in force.
    pub now: DateTime<Utc>,
}

/// A page of items, with the cursor of the next page if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Creates a page from up to `size + 1` fetched rows. It keeps at most `size` rows that fit into one response.
    pub fn of(mut rows: Vec<T>, size: usize, cursor: impl Fn(&T) -> Cursor) -> Self
    where
        T: Weigh,
    {
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(&cursor) } else { None };
        Self { items: rows, next }.within(ByteBudget::default(), cursor)
    }

    /// Ends the page before the first item that does not fit into the budget.
    #[must_use]
    pub fn within(mut self, budget: ByteBudget, cursor: impl Fn(&T) -> Cursor) -> Self
    where
        T: Weigh,
    {
        let fitting = budget.fitting(&self.items);
        if fitting < self.items.len() {
            self.items.truncate(fitting);
            self.next = self.items.last().map(cursor);
        }
        self
    }

    /// Converts the items and keeps the cursor.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next: self.next }
    }
}

/// A root with its first replies.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    pub root: PublicComment,
    pub replies: Page<PublicComment>,
}

impl Weigh for Thread {
    fn weight(&self) -> usize {
        TOKEN + ArticleId::MAX_BYTES * 2 + self.root.weight() + weight_of(&self.replies.items)
    }
}

/// Creates the cursor after `comment` in a public list. Public comments always have a `published_at`.
pub fn published_cursor(comment: &PublicComment) -> Cursor {
    Cursor { at: comment.published_at.unwrap_or(comment.created_at), id: comment.id.0, score: 0.0 }
}

pub fn thread_cursor(thread: &Thread) -> Cursor {
    published_cursor(&thread.root)
}

pub fn queue_cursor(order: QueueOrder, case: &ReviewCase) -> Cursor {
    let (comment, attention) = (&case.comment, &case.comment.attention);
    let due_at = attention.takedown.map(|takedown| takedown.due_at);
    Cursor::in_queue(order, comment.id.0, comment.created_at, due_at, case.spam_score, attention.open_reports)
}

impl Cursor {
    /// Creates the key of a comment in a queue of this order.
    pub fn in_queue(
        order: QueueOrder,
        id: uuid::Uuid,
        created_at: DateTime<Utc>,
        due_at: Option<DateTime<Utc>>,
        spam_score: f64,
        open_reports: i32,
    ) -> Self {
        let at = due_at.filter(|_| order == QueueOrder::Due).unwrap_or(created_at);
        let score = if order == QueueOrder::Reports { f64::from(open_reports) } else { spam_score };
        Self { at, id, score }
    }
}

/// Limits the number of rows to list: `default` for 0, and at most `max` (AIP-158).
pub fn page_size(asked: i32, default: usize, max: usize) -> usize {
    match usize::try_from(asked) {
        Ok(0) | Err(_) => default,
        Ok(size) => size.min(max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::budget::RESPONSE_BYTES;

    impl Weigh for i64 {
        fn weight(&self) -> usize {
            usize::try_from(*self).unwrap()
        }
    }

    #[test]
    fn a_page_has_a_cursor_only_if_more_rows_follow() {
        let cursor =
            |n: &i64| Cursor { at: DateTime::from_timestamp(*n, 0).unwrap(), id: uuid::Uuid::nil(), score: 0.0 };
        let page = Page::of(vec![1, 2, 3], 2, cursor);
        assert_eq!((page.items.len(), page.next), (2, Some(cursor(&2))));
        assert_eq!(Page::of(vec![1, 2], 2, cursor).next, None);
        let heavy = i64::try_from(RESPONSE_BYTES).unwrap();
        let page = Page::of(vec![1, heavy, 2], 3, cursor);
        assert_eq!((page.items, page.next), (vec![1], Some(cursor(&1))), "a page that is full ends early");
    }

    #[test]
    fn sizes_are_clamped() {
        assert_eq!([0, -3, 7, 500].map(|n| page_size(n, 20, 100)), [20, 20, 7, 100]);
    }
}

//! The change feed, whose order consumers can rely on.

use chrono::{DateTime, Utc};

use super::{
    id::{ArticleId, CommentId},
    lifecycle::Status,
};

named_enum! {
    /// The kind of change that a row of the feed reports.
    ChangeKind {
        /// A comment became public for the first time.
        CommentPublished = "COMMENT_PUBLISHED",
        /// A public comment changed and stayed public.
        CommentChanged = "COMMENT_CHANGED",
        /// A public comment is no longer public.
        CommentHidden = "COMMENT_HIDDEN",
        /// A comment is public again.
        CommentRestored = "COMMENT_RESTORED",
        /// The text of a comment was erased.
        CommentErased = "COMMENT_ERASED",
        /// The title, URL, mode or closing time of an article changed.
        ArticleChanged = "ARTICLE_CHANGED",
        /// The policy of a site changed.
        SiteChanged = "SITE_CHANGED",
        /// A comment was submitted and is pending. Readers do not see it.
        CommentSubmitted = "COMMENT_SUBMITTED",
        /// Something about a comment changed that only moderators see.
        CaseChanged = "CASE_CHANGED",
    }
}

/// A row of the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Offset of the row in the feed of its site. Offsets increase, with gaps.
    pub seq: i64,
    pub kind: ChangeKind,
    pub comment: Option<CommentId>,
    pub article: Option<ArticleId>,
    /// The revision of the comment, article or site after the change.
    pub revision: i64,
    pub at: DateTime<Utc>,
}

impl ChangeKind {
    /// `published_at` is when the comment first became public, and `at` is the time of the change.
    pub fn of_comment(
        from: Option<Status>,
        to: Status,
        published_at: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) -> Self {
        match to {
            _ if from == Some(to) => Self::CaseChanged,
            Status::Erased => Self::CommentErased,
            Status::Approved if published_at == Some(at) => Self::CommentPublished,
            Status::Approved => Self::CommentRestored,
            _ if published_at.is_some() => Self::CommentHidden,
            _ if from.is_none() => Self::CommentSubmitted,
            _ => Self::CaseChanged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_change_depends_on_what_readers_see() {
        use Status::{Approved, Erased, Pending, Rejected, Removed, Spam};
        let (now, earlier) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH - chrono::Duration::hours(1));
        for (from, to, published_at, kind) in [
            (None, Pending, None, ChangeKind::CommentSubmitted),
            (None, Approved, Some(now), ChangeKind::CommentPublished),
            (Some(Pending), Approved, Some(now), ChangeKind::CommentPublished),
            (Some(Pending), Rejected, None, ChangeKind::CaseChanged),
            (Some(Rejected), Pending, None, ChangeKind::CaseChanged),
            (Some(Approved), Approved, Some(earlier), ChangeKind::CaseChanged),
            (Some(Approved), Removed, Some(earlier), ChangeKind::CommentHidden),
            (Some(Approved), Pending, Some(earlier), ChangeKind::CommentHidden),
            (Some(Removed), Spam, Some(earlier), ChangeKind::CommentHidden),
            (Some(Removed), Approved, Some(earlier), ChangeKind::CommentRestored),
            (Some(Pending), Approved, Some(earlier), ChangeKind::CommentRestored),
            (Some(Approved), Erased, Some(earlier), ChangeKind::CommentErased),
            (Some(Pending), Erased, None, ChangeKind::CommentErased),
        ] {
            assert_eq!(ChangeKind::of_comment(from, to, published_at, now), kind, "{from:?} {to}");
        }
    }
}

//! Comments as readers see them.

use chrono::{DateTime, Utc};

use super::{comment::Comment, id::CommentId, lifecycle::Status};

/// The form in which readers see a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appearance {
    /// Shown with its text.
    Public,
    /// Shown without text, because it is no longer public but has public replies.
    Tombstone,
    /// Shown only to its own author, as waiting for a moderator.
    Waiting,
}

impl Appearance {
    pub const fn of(status: Status, was_published: bool, public_replies: i32) -> Self {
        if status.is_public() {
            Self::Public
        } else if was_published && public_replies > 0 {
            Self::Tombstone
        } else {
            Self::Waiting
        }
    }
}

/// The part of a comment that readers see. Its article is that of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicComment {
    pub id: CommentId,
    /// The root of the thread that this reply belongs to.
    pub parent: Option<CommentId>,
    /// The comment that the reader replied to.
    pub reply_to: Option<CommentId>,
    /// Empty in a tombstone, as are title and content.
    pub author_name: String,
    pub title: String,
    pub content: String,
    pub appearance: Appearance,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    /// When the comment first became public.
    pub published_at: Option<DateTime<Utc>>,
    /// Number of public replies.
    pub reply_count: i32,
}

impl From<Comment> for PublicComment {
    /// Converts a comment that a reader may see: [`Comment::is_visible`] or [`Comment::is_waiting`].
    fn from(comment: Comment) -> Self {
        let appearance = Appearance::of(comment.status, comment.published_at.is_some(), comment.reply_count);
        let shown = |text| if appearance == Appearance::Tombstone { String::new() } else { text };
        Self {
            id: comment.id,
            parent: comment.parent,
            reply_to: comment.reply_to,
            author_name: shown(comment.author_name),
            title: shown(comment.title),
            content: shown(comment.content),
            appearance,
            revision: comment.revision,
            created_at: comment.created_at,
            published_at: comment.published_at,
            reply_count: comment.reply_count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{comment::Attention, id::ArticleId};

    fn comment(status: Status, was_published: bool, reply_count: i32) -> Comment {
        let at = DateTime::UNIX_EPOCH;
        Comment {
            id: CommentId(uuid::Uuid::nil()),
            article: ArticleId::parse("bai").unwrap(),
            parent: None,
            reply_to: None,
            author_name: "Lan".into(),
            title: "Hay".into(),
            content: "Rất hay".into(),
            status,
            revision: 3,
            created_at: at,
            published_at: was_published.then_some(at),
            reviewed_at: None,
            reply_count,
            attention: Attention::default(),
        }
    }

    #[test]
    fn every_comment_that_a_reader_may_see_has_an_appearance() {
        for status in Status::ALL.iter().copied() {
            for (was_published, replies) in [(false, 0), (false, 2), (true, 0), (true, 2)] {
                let comment = comment(status, was_published, replies);
                if !comment.is_visible() && !comment.is_waiting() {
                    continue;
                }
                let (is_public, is_tombstone) = (comment.status.is_public(), comment.is_tombstone());
                let appearance = PublicComment::from(comment).appearance;
                assert_eq!(appearance == Appearance::Public, is_public, "{status}");
                assert_eq!(appearance == Appearance::Tombstone, is_tombstone, "{status}");
            }
        }
    }

    #[test]
    fn a_tombstone_has_no_text() {
        let texts = |comment: Comment| {
            let public = PublicComment::from(comment);
            [public.author_name, public.title, public.content]
        };
        assert_eq!(texts(comment(Status::Erased, true, 1)), ["", "", ""]);
        assert_eq!(texts(comment(Status::Approved, true, 1)), ["Lan", "Hay", "Rất hay"]);
    }
}

//! Comments as they are stored, and the length limits of a reader's text.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    id::{ArticleId, CommentId},
    lifecycle::Status,
    text,
    violation::{Problem, Violations},
};

/// A stored comment. Its texts are plain text in NFC.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub id: CommentId,
    pub article: ArticleId,
    /// The root of the thread that this reply belongs to.
    pub parent: Option<CommentId>,
    /// The comment that the reader replied to.
    pub reply_to: Option<CommentId>,
    pub author_name: String,
    /// Empty when the reader gave no title.
    pub title: String,
    pub content: String,
    pub status: Status,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    /// When the comment first became public. It never changes afterwards.
    pub published_at: Option<DateTime<Utc>>,
    /// When a moderator last reviewed the comment.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// Number of public replies, updated in the same transaction as the status of a reply.
    pub reply_count: i32,
    pub attention: Attention,
}

named_enum! {
    /// The source of a takedown demand.
    TakedownKind {
        Authority = "AUTHORITY",
        Complaint = "COMPLAINT",
    }
}

impl TakedownKind {
    /// Returns the default time limit in hours: 24 for an authority and 48 for a complaint, as Decree 147/2024
    /// requires.
    pub const fn hours(self) -> i64 {
        match self {
            Self::Authority => 24,
            Self::Complaint => 48,
        }
    }
}

/// Latest deadline of a takedown, in days from now.
pub const MAX_TAKEDOWN_DAYS: i64 = 30;

/// A demand to take a comment down by a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takedown {
    pub kind: TakedownKind,
    pub due_at: DateTime<Utc>,
}

impl Takedown {
    /// Adds a violation if the deadline is in the past or more than [`MAX_TAKEDOWN_DAYS`] away.
    pub fn check_due(due_at: Option<DateTime<Utc>>, now: DateTime<Utc>, violations: &mut Violations) {
        let latest = now + chrono::Duration::days(MAX_TAKEDOWN_DAYS);
        if due_at.is_some_and(|due_at| due_at < now || due_at > latest) {
            violations.add("due_at", Problem::OutOfRange);
        }
    }

    /// Creates a takedown that starts at `now`. Without `due_at`, the deadline is the kind's default.
    pub fn starting(kind: TakedownKind, due_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let own_term = || now + chrono::Duration::hours(kind.hours());
        Self { kind, due_at: due_at.unwrap_or_else(own_term) }
    }
}

/// Everything other than the status that calls for a moderator's attention. Changing it does not increase the revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Since when the comment is in the queue because of reports or a takedown.
    pub flagged_at: Option<DateTime<Utc>>,
    /// Number of devices that ever reported the comment.
    pub reports: i32,
    /// Number of reports since a moderator last reviewed the comment.
    pub open_reports: i32,
    pub takedown: Option<Takedown>,
}

impl Attention {
    /// Closes open reports and ends the takedown, as a moderator's review does.
    #[must_use]
    pub fn settled(&self) -> Self {
        Self { reports: self.reports, ..Self::default() }
    }
}

impl Comment {
    pub const fn is_queued(&self) -> bool {
        matches!(self.status, Status::Pending) || self.attention.flagged_at.is_some()
    }

    /// Checks whether readers see the comment: it is public, or it is a tombstone.
    pub const fn is_visible(&self) -> bool {
        self.status.is_public() || self.is_tombstone()
    }

    /// Checks whether readers see a tombstone: the comment is no longer public, but it has public replies.
    pub const fn is_tombstone(&self) -> bool {
        !self.status.is_public() && self.published_at.is_some() && self.reply_count > 0
    }

    /// Checks whether the comment's own reader sees it as pending. Spam that no moderator confirmed is shown as
    /// pending too, so that spammers do not learn what passes.
    pub const fn is_waiting(&self) -> bool {
        match self.status {
            Status::Pending => true,
            Status::Spam => self.reviewed_at.is_none(),
            _ => false,
        }
    }

    /// Checks whether the comment's own reader may withdraw it: it is public, or that reader sees it as pending.
    pub const fn can_be_withdrawn(&self) -> bool {
        self.status.is_public() || self.is_waiting()
    }
}

/// Length limits of a form's texts. Readers count graphemes. Limits in bytes also stop piles of combining marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextLimits {
    /// Limit of the name (Họ tên), in graphemes.
    pub name: usize,
    /// Limit of the title (Tiêu đề), in graphemes.
    pub title: usize,
    /// Limit of the content (Nội dung), in graphemes.
    pub content: usize,
}

impl Default for TextLimits {
    fn default() -> Self {
        Self { name: 60, title: 150, content: 3_000 }
    }
}

impl TextLimits {
    /// Bytes allowed per grapheme. A Vietnamese letter takes 3, an emoji with a skin tone 8, a family of four 25. A
    /// content of the maximum length reaches the size limit of the whole request before this one.
    const BYTES_PER_GRAPHEME: usize = 25;
    /// Least limit in bytes of any field, so that a name may consist of 60 of the longest emoji.
    const LEAST_BYTES: usize = 2_500;

    /// Returns the limit in bytes of a field that may have `graphemes` graphemes.
    fn bytes(graphemes: usize) -> usize {
        (graphemes * Self::BYTES_PER_GRAPHEME).max(Self::LEAST_BYTES)
    }
}

/// The text fields of a form, cleaned and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormText {
    pub author_name: String,
    pub title: String,
    pub content: String,
}

impl FormText {
    /// Cleans the three fields (see [`text`]) and adds violations for fields that are empty or too long.
    pub fn check(
        author_name: &str,
        title: &str,
        content: &str,
        limits: &TextLimits,
        violations: &mut Violations,
    ) -> Self {
        if text::clean_line(author_name).is_empty() {
            violations.add("author_name", Problem::Required);
        }
        Self::check_unsigned(author_name, title, content, limits, violations)
    }

    /// Does the same as [`Self::check`] for a text that may lack an author.
    pub fn check_unsigned(
        author_name: &str,
        title: &str,
        content: &str,
        limits: &TextLimits,
        violations: &mut Violations,
    ) -> Self {
        let form = Self {
            author_name: text::clean_line(author_name),
            title: text::clean_line(title),
            content: text::clean_block(content),
        };
        if form.content.is_empty() {
            violations.add("content", Problem::Required);
        }
        let fields = [
            ("author_name", &form.author_name, limits.name),
            ("title", &form.title, limits.title),
            ("content", &form.content, limits.content),
        ];
        for (field, value, limit) in fields {
            violations.check_length(field, value, limit, TextLimits::bytes(limit));
        }
        form
    }

    /// Folds all fields for the queue's search. `said` is the result of [`Self::said`].
    pub fn folded(&self, said: &str) -> String {
        format!("{} {said}", text::fold(&self.author_name))
    }

    /// Folds title and content. Comments with equal results have the same text.
    pub fn said(&self) -> String {
        text::fold(&format!("{}\n{}", self.title, self.content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, title: &str, content: &str) -> (FormText, Vec<&'static str>) {
        let mut violations = Violations::default();
        let form = FormText::check(name, title, content, &TextLimits::default(), &mut violations);
        (form, violations.fields())
    }

    #[test]
    fn every_violation_is_returned_at_once() {
        let (_, fields) = check("  ", &"t".repeat(151), "\u{200b}\u{202e}");
        assert_eq!(fields, ["author_name", "content", "title"]);
    }

    #[test]
    fn limits_count_graphemes_not_bytes() {
        assert!(check(&"ễ".repeat(60), "", "Hay").1.is_empty());
        assert!(check(&"e\u{302}\u{303}".repeat(60), "", "Hay").1.is_empty());
        assert_eq!(check(&"ễ".repeat(61), "", "Hay").1, ["author_name"]);
    }

    #[test]
    fn a_family_emoji_counts_as_one_grapheme() {
        let families = |count: usize| "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(count);
        let longest = |count: usize| "👩🏻\u{200d}❤️\u{200d}💋\u{200d}👩🏿".repeat(count);
        assert!(check(&longest(60), &families(150), &families(2_000)).1.is_empty());
        assert_eq!(check(&families(61), "", "Hay").1, ["author_name"]);
        assert_eq!(check("Lan", "", &"x".repeat(3_001)).1, ["content"]);
    }

    #[test]
    fn an_invisible_name_counts_as_missing() {
        for name in ["\u{fe0f}", "\u{2800}", "\u{3164}", "\u{34f}", "\u{e0041}\u{e007f}", "\u{200b}\u{200d}", "\u{301}"]
        {
            assert_eq!(check(name, name, name).1, ["author_name", "content"], "{name:?}");
        }
    }

    #[test]
    fn nfd_becomes_nfc() {
        assert_eq!(check("Nguye\u{302}\u{303}n Thi\u{323}", "", "Hay").0.author_name, "Nguyễn Thị");
    }
}

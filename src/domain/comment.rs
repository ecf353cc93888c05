//! A comment as it is stored, and the checks on what a reader's form may hold.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    id::{ArticleId, CommentId},
    lifecycle::Status,
    text,
    violation::{Problem, Violations},
};

/// A stored comment. Plain text in NFC.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    pub id: CommentId,
    pub article: ArticleId,
    /// The root this reply belongs to.
    pub parent: Option<CommentId>,
    /// The comment that the reader answered.
    pub reply_to: Option<CommentId>,
    pub author_name: String,
    /// Empty when the reader gave none.
    pub title: String,
    pub content: String,
    pub status: Status,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    /// Set once, when it first became public.
    pub published_at: Option<DateTime<Utc>>,
    /// When a moderator last looked at it.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// Public replies, changed in the same transaction as their status.
    pub reply_count: i32,
    pub attention: Attention,
}

named_enum! {
    /// Who demands that a comment be taken down.
    TakedownKind {
        Authority = "AUTHORITY",
        Complaint = "COMPLAINT",
    }
}

impl TakedownKind {
    /// Hours until it is due, unless said otherwise: 24 for an authority and 48 for a complaint, as Decree 147/2024 has them.
    pub const fn hours(self) -> i64 {
        match self {
            Self::Authority => 24,
            Self::Complaint => 48,
        }
    }
}

/// Longest clock, in days.
pub const MAX_TAKEDOWN_DAYS: i64 = 30;

/// A demand with a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takedown {
    pub kind: TakedownKind,
    pub due_at: DateTime<Utc>,
}

impl Takedown {
    /// Notes a due time that is past, or further off than [`MAX_TAKEDOWN_DAYS`].
    pub fn check_due(due_at: Option<DateTime<Utc>>, now: DateTime<Utc>, violations: &mut Violations) {
        let latest = now + chrono::Duration::days(MAX_TAKEDOWN_DAYS);
        if due_at.is_some_and(|due_at| due_at < now || due_at > latest) {
            violations.add("due_at", Problem::OutOfRange);
        }
    }

    /// The demand at `now`, due when it says or else within the kind's own term.
    pub fn starting(kind: TakedownKind, due_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let own_term = || now + chrono::Duration::hours(kind.hours());
        Self { kind, due_at: due_at.unwrap_or_else(own_term) }
    }
}

/// What calls for a moderator beyond the status. None of it is part of the revision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// Since when reports or a takedown have it wait for a moderator.
    pub flagged_at: Option<DateTime<Utc>>,
    /// Devices that ever reported it.
    pub reports: i32,
    /// Those since a moderator last looked.
    pub open_reports: i32,
    pub takedown: Option<Takedown>,
}

impl Attention {
    /// After a moderator looked: reports were, and a clock stops.
    #[must_use]
    pub fn settled(&self) -> Self {
        Self { reports: self.reports, ..Self::default() }
    }
}

impl Comment {
    /// True when it is in the moderators' queue.
    pub const fn is_queued(&self) -> bool {
        matches!(self.status, Status::Pending) || self.attention.flagged_at.is_some()
    }

    /// True when readers see it: public, or a tombstone that holds up visible replies.
    pub const fn is_visible(&self) -> bool {
        self.status.is_public() || self.is_tombstone()
    }

    /// True when readers see only that something was here: it was public, is not any more, and its replies are.
    pub const fn is_tombstone(&self) -> bool {
        !self.status.is_public() && self.published_at.is_some() && self.reply_count > 0
    }

    /// True when its own reader is told that it waits. Spam that no moderator confirmed is shown as waiting, too: a
    /// spammer must not learn what passes.
    pub const fn is_waiting(&self) -> bool {
        match self.status {
            Status::Pending => true,
            Status::Spam => self.reviewed_at.is_none(),
            _ => false,
        }
    }

    /// True when its own reader may withdraw it: it is public, or waits as far as the reader is told.
    pub const fn can_be_withdrawn(&self) -> bool {
        self.status.is_public() || self.is_waiting()
    }
}

/// Longest texts. Graphemes are what a reader counts; the byte caps stop piles of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextLimits {
    /// Họ tên, in graphemes.
    pub name: usize,
    /// Tiêu đề, in graphemes.
    pub title: usize,
    /// Nội dung, in graphemes.
    pub content: usize,
}

impl Default for TextLimits {
    fn default() -> Self {
        Self { name: 60, title: 150, content: 3_000 }
    }
}

impl TextLimits {
    /// Bytes allowed per grapheme: a Vietnamese letter takes 3, an emoji with skin tone 8, a family 25. A request's own limit is
    /// reached before that of the longest content.
    const BYTES_PER_GRAPHEME: usize = 25;
    /// Bytes that the shortest field may have: 60 of the longest emoji.
    const LEAST_BYTES: usize = 2_500;

    /// Returns the byte cap of a field of so many graphemes.
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
    /// Cleans the three fields as [`text`] says and notes what is empty or too long.
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

    /// The same for a text that need have no author.
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

    /// What the queue's search looks through: all fields folded, marks stripped; made of what was [said](Self::said).
    pub fn folded(&self, said: &str) -> String {
        format!("{} {said}", text::fold(&self.author_name))
    }

    /// What makes two comments the same text: title and content folded, whoever signs them.
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
    fn every_violation_is_told_at_once() {
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
    fn a_family_is_one_grapheme_of_the_limit() {
        let families = |count: usize| "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(count);
        let longest = |count: usize| "👩🏻\u{200d}❤️\u{200d}💋\u{200d}👩🏿".repeat(count);
        assert!(check(&longest(60), &families(150), &families(2_000)).1.is_empty());
        assert_eq!(check(&families(61), "", "Hay").1, ["author_name"]);
        assert_eq!(check("Lan", "", &"x".repeat(3_001)).1, ["content"]);
    }

    #[test]
    fn a_name_of_which_nothing_is_seen_is_none() {
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

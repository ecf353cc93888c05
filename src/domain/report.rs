//! What readers report, what moderators note, and demands to take a comment down.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    article::Article,
    audit::AuditEntry,
    comment::{Comment, Takedown},
    decision,
    id::{CommentId, SiteId},
    key::KeyMark,
    mode::Mode,
    pseudonym::Pseudonym,
    reason::Reason,
    request::RequestRow,
    site::Site,
    text,
    violation::{Problem, Violations},
};

/// Networks that reports must come from before they bring a comment back: whoever holds one has as many devices as they like.
const NETWORKS_NEEDED: i32 = 2;

/// A reader's report as it reaches the store.
#[derive(Debug, Clone)]
pub struct Report {
    pub site: SiteId,
    pub comment: CommentId,
    /// Of the device, else of the address: what counts once.
    pub reporter: Pseudonym,
    /// Of the network that it came from, as far as one is told: its voices alone bring no comment back. A device with an approved comment
    /// speaks for itself.
    pub network: Pseudonym,
    /// The key that the reporter is keyed by.
    pub key: KeyMark,
    /// The same reporter under the ring's other keys.
    pub aliases: Vec<Pseudonym>,
    pub reason: Option<Reason>,
    /// The reader's own words.
    pub note: String,
    pub at: DateTime<Utc>,
    /// The service's mode, where neither article nor site has one: a hidden article's comments cannot be reported.
    pub default_mode: Mode,
}

impl Report {
    /// True when readers see `comment`, so that they may find it wrong.
    pub fn can_be_made(&self, comment: &Comment, article: &Article, site: &Site) -> bool {
        let mode = site.rules(self.default_mode).mode_of(article, self.at);
        comment.status.is_public() && mode != Mode::Hidden
    }

    /// Returns what one more report of `comment` comes to, when reports since the last look came from `networks` networks, this one's among
    /// them. Only those since the last look count, and a comment that waits already is not told of again.
    pub fn counted(comment: &Comment, site: &Site, networks: i64) -> Reported {
        let needed = site.reports_needed();
        let enough = comment.attention.open_reports + 1 >= needed && networks >= i64::from(needed.min(NETWORKS_NEEDED));
        if enough && !comment.is_queued() { Reported::Requeued } else { Reported::Counted }
    }
}

named_enum! {
    /// What a report came to.
    Reported {
        /// It counts.
        Counted = "COUNTED",
        /// It counts, and with it there are enough: the comment waits for a moderator again.
        Requeued = "REQUEUED",
        /// This reporter had reported the comment before.
        Known = "KNOWN",
    }
}

/// Checks what a reader says about a comment, and answers their words cleaned. A reason may be left out.
pub fn check_words(reason: Option<Reason>, note: &str, violations: &mut Violations) -> String {
    let note = decision::check_note(note, violations);
    match reason {
        Some(Reason::Expired) => violations.add("reason", Problem::NotForCallers),
        Some(Reason::Other) if note.is_empty() => violations.add("note", Problem::Required),
        _ => {}
    }
    note
}

/// Checks what one moderator tells the others, and answers it cleaned.
pub fn check_text(note: &str, violations: &mut Violations) -> String {
    let note = text::clean_block(note);
    if note.is_empty() {
        violations.add("text", Problem::Required);
    }
    violations.check_length("text", &note, decision::MAX_NOTE, decision::MAX_NOTE * 8);
    note
}

/// Reports by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportCount {
    /// `None` when the reader gave none.
    pub reason: Option<Reason>,
    pub count: i32,
}

/// What one moderator told the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeratorNote {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub text: String,
}

/// A note as it reaches the store.
#[derive(Debug, Clone)]
pub struct NewNote {
    pub site: SiteId,
    pub comment: CommentId,
    pub note: ModeratorNote,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

/// A demand to take a comment down, as it reaches the store. Its audit entry tells statuses, revision and what was before; the store
/// fills them in.
#[derive(Debug, Clone)]
pub struct Escalation {
    pub site: SiteId,
    pub comment: CommentId,
    pub takedown: Takedown,
    pub entry: AuditEntry,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

/// The clock that an escalation started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    pub takedown: Takedown,
    /// The audit entry.
    pub entry: Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(check: impl FnOnce(&mut Violations)) -> Vec<&'static str> {
        let mut violations = Violations::default();
        check(&mut violations);
        violations.fields()
    }

    #[test]
    fn a_reader_need_not_say_why_but_may() {
        let words = |reason, note: &str| fields(|violations| drop(check_words(reason, note, violations)));
        assert!(words(None, "").is_empty());
        assert!(words(Some(Reason::Insult), "").is_empty());
        assert_eq!(words(Some(Reason::Other), " \u{200b} "), ["note"]);
        assert!(words(Some(Reason::Other), &"ễ".repeat(500)).is_empty());
        assert_eq!(words(Some(Reason::Expired), &"ễ".repeat(501)), ["note", "reason"]);
    }

    #[test]
    fn a_note_says_something_and_is_kept_clean() {
        assert_eq!(fields(|violations| drop(check_text(" \n ", violations))), ["text"]);
        assert_eq!(fields(|violations| drop(check_text(&"a".repeat(501), violations))), ["text"]);
        let mut violations = Violations::default();
        assert_eq!(check_text(" Đã gọi\r\ncho \u{202e}tác giả ", &mut violations), "Đã gọi\ncho tác giả");
        assert!(violations.fields().is_empty());
    }
}

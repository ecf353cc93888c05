//! Reports by readers, notes by moderators, and takedowns.

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

/// Least number of networks that reports must come from to requeue a comment. If the site's report threshold is lower,
/// the threshold applies instead. One subscriber can use many devices in a network.
const NETWORKS_NEEDED: i32 = 2;

/// A reader's report, as it is passed to the store.
#[derive(Debug, Clone)]
pub struct Report {
    pub site: SiteId,
    pub comment: CommentId,
    /// Pseudonym of the device, or of the address if there is no device. Each reporter counts once.
    pub reporter: Pseudonym,
    /// Pseudonym of the reporter's network, see [`shared_network`](super::address::shared_network). Reports from one
    /// network alone do not requeue a comment, unless one report is enough on the site. The value equals `reporter` for
    /// a known device, and without an IPv6 address.
    pub network: Pseudonym,
    /// The key that hashed the reporter.
    pub key: KeyMark,
    /// Pseudonyms of the same reporter under the other keys of the ring.
    pub aliases: Vec<Pseudonym>,
    pub reason: Option<Reason>,
    /// The reporter's text.
    pub note: String,
    pub at: DateTime<Utc>,
    /// Mode that applies if neither article nor site sets one. Comments of a hidden article cannot be reported.
    pub default_mode: Mode,
}

impl Report {
    /// Checks whether readers see `comment`, so that they can report it.
    pub fn can_be_made(&self, comment: &Comment, article: &Article, site: &Site) -> bool {
        let mode = site.rules(self.default_mode).mode_of(article, self.at);
        comment.status.is_public() && mode != Mode::Hidden
    }

    /// Decides the effect of one more report of `comment`. `networks` is the number of networks that sent reports
    /// since the last review, this report included. Earlier reports do not count, and a comment in the queue is not
    /// requeued.
    pub fn counted(comment: &Comment, site: &Site, networks: i64) -> Reported {
        let needed = site.reports_needed();
        let enough = comment.attention.open_reports + 1 >= needed && networks >= i64::from(needed.min(NETWORKS_NEEDED));
        if enough && !comment.is_queued() { Reported::Requeued } else { Reported::Counted }
    }
}

named_enum! {
    /// The effect of a report.
    Reported {
        /// The report was counted.
        Counted = "COUNTED",
        /// The report was counted and reached the threshold: the comment is in the queue again.
        Requeued = "REQUEUED",
        /// The same reporter had already reported the comment.
        Known = "KNOWN",
    }
}

/// Checks the reason and the text of a report and returns the cleaned text. The reason is optional.
pub fn check_words(reason: Option<Reason>, note: &str, violations: &mut Violations) -> String {
    let note = decision::check_note(note, violations);
    match reason {
        Some(Reason::Expired) => violations.add("reason", Problem::NotForCallers),
        Some(Reason::Other) if note.is_empty() => violations.add("note", Problem::Required),
        _ => {}
    }
    note
}

/// Checks a moderator's note and returns the cleaned text.
pub fn check_text(note: &str, violations: &mut Violations) -> String {
    let note = text::clean_block(note);
    if note.is_empty() {
        violations.add("text", Problem::Required);
    }
    violations.check_length("text", &note, decision::MAX_NOTE, decision::MAX_NOTE * 8);
    note
}

/// The number of reports with one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportCount {
    /// `None` for reports without a reason.
    pub reason: Option<Reason>,
    pub count: i32,
}

/// A moderator's note for the other moderators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeratorNote {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub text: String,
}

/// A moderator's note, as it is passed to the store.
#[derive(Debug, Clone)]
pub struct NewNote {
    pub site: SiteId,
    pub comment: CommentId,
    pub note: ModeratorNote,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

/// A takedown, as it is passed to the store. The store fills in the statuses and the revision of the audit entry, and
/// the comment's state before it.
#[derive(Debug, Clone)]
pub struct Escalation {
    pub site: SiteId,
    pub comment: CommentId,
    pub takedown: Takedown,
    pub entry: AuditEntry,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

/// The result of an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    pub takedown: Takedown,
    /// Id of the audit entry.
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
    fn the_reason_of_a_report_is_optional() {
        let words = |reason, note: &str| fields(|violations| drop(check_words(reason, note, violations)));
        assert!(words(None, "").is_empty());
        assert!(words(Some(Reason::Insult), "").is_empty());
        assert_eq!(words(Some(Reason::Other), " \u{200b} "), ["note"]);
        assert!(words(Some(Reason::Other), &"ễ".repeat(500)).is_empty());
        assert_eq!(words(Some(Reason::Expired), &"ễ".repeat(501)), ["note", "reason"]);
    }

    #[test]
    fn a_note_is_not_empty_and_is_cleaned() {
        assert_eq!(fields(|violations| drop(check_text(" \n ", violations))), ["text"]);
        assert_eq!(fields(|violations| drop(check_text(&"a".repeat(501), violations))), ["text"]);
        let mut violations = Violations::default();
        assert_eq!(check_text(" Đã gọi\r\ncho \u{202e}tác giả ", &mut violations), "Đã gọi\ncho tác giả");
        assert!(violations.fields().is_empty());
    }
}

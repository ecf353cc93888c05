//! Words and phrases that a newsroom lists: how each is matched, and what a match may do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::term_key::term_key;
use crate::domain::{
    audit::AuditEntry,
    comment::FormText,
    id::{CommentId, SiteId},
    lifecycle::Status,
    request::RequestRow,
    text,
    violation::{Problem, Violations},
};

/// Longest pattern, in graphemes, and in bytes for those of many marks.
const MAX_PATTERN: usize = 100;
/// Longest note, in graphemes.
const MAX_NOTE: usize = 500;
/// Heaviest weight: more than this moves no score that anybody can tell.
const MAX_WEIGHT: f64 = 10.0;
/// Terms that a site may have. So many compile in a few hundredths of a second (`benches/terms.rs`).
pub const MAX_TERMS: usize = 10_000;

named_enum! {
    /// How a term is matched, and the most that a match may do.
    TermTier {
        /// With all its marks. Marks as spam in HYBRID, else holds. In a comment that bears almost no marks a term without marks only
        /// holds, because there nobody can tell `các` from another word.
        Exact = "EXACT",
        /// With its marks; without them only in a comment that bears almost none. Holds, never marks as spam.
        Stripped = "STRIPPED",
        /// As written, and with digits for letters. Adds its weight to the score, no more.
        Teencode = "TEENCODE",
    }
}

named_enum! {
    /// Whether a term does anything.
    TermState {
        /// Kept for later.
        Off = "OFF",
        /// On trial: shown among the findings, without weight and without effect.
        Shadow = "SHADOW",
        Enforce = "ENFORCE",
    }
}

/// A listed word or phrase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub id: Uuid,
    /// In NFC, one space between words.
    pub pattern: String,
    pub tier: TermTier,
    pub state: TermState,
    /// Added to the score's logit while it is enforced, once however often it occurs. 0 to 10.
    pub weight: f64,
    /// Why it is listed.
    pub note: String,
    /// Starts at 1; every change adds one.
    pub revision: i64,
    /// Name of the token that changed it last, or `system`.
    pub updated_by: String,
    pub updated_at: DateTime<Utc>,
}

impl Term {
    /// What two terms of one tier may not share, see [`term_key`].
    pub fn key(&self) -> String {
        term_key(&self.pattern)
    }

    /// What an audit entry says of it.
    pub fn described(&self) -> String {
        format!("{} {} {}: {}", self.tier, self.state, self.weight, self.pattern)
    }
}

/// What a term is to be, checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TermDraft {
    pub pattern: String,
    pub tier: TermTier,
    pub state: TermState,
    pub weight: f64,
    pub note: String,
}

impl TermDraft {
    /// The draft of these words, cleaned; what is wrong is noted. `None` in tier or state means that was noted already.
    pub fn check(
        pattern: &str,
        tier: Option<TermTier>,
        state: Option<TermState>,
        weight: f64,
        note: &str,
        violations: &mut Violations,
    ) -> Option<Self> {
        let (pattern, note) = (text::clean_line(pattern), text::clean_block(note));
        if term_key(&pattern).is_empty() {
            violations.add("term.pattern", Problem::Required);
        }
        violations.check_length("term.pattern", &pattern, MAX_PATTERN, MAX_PATTERN * 8);
        violations.check_length("term.note", &note, MAX_NOTE, MAX_NOTE * 8);
        if !(0.0..=MAX_WEIGHT).contains(&weight) {
            violations.add("term.weight", Problem::OutOfRange);
        }
        Some(Self { pattern, tier: tier?, state: state?, weight, note })
    }
}

/// A term to list, to change or to take off the list.
#[derive(Debug, Clone)]
pub struct TermChange {
    pub site: SiteId,
    pub id: Uuid,
    /// What it is to be; `None` takes it off the list.
    pub to: Option<TermDraft>,
    /// What it must be at; 0 lists a new one.
    pub expected_revision: i64,
    /// Tells who does it and when; revision and note are filled in by the store.
    pub entry: AuditEntry,
    /// For replays; the response is filled in by the store.
    pub request: Option<RequestRow>,
}

/// A comment that terms are tried on, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct PastComment {
    pub id: CommentId,
    pub text: FormText,
    pub status: Status,
    /// When a person decided about it, or when it came, as was asked for.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, weight: f64, note: &str) -> Vec<&'static str> {
        let mut violations = Violations::default();
        TermDraft::check(pattern, Some(TermTier::Exact), Some(TermState::Off), weight, note, &mut violations);
        violations.fields()
    }

    #[test]
    fn everything_wrong_with_a_term_is_told_at_once() {
        assert_eq!(check(" lô  đề ", 10.0, ""), [""; 0]);
        assert_eq!(check("🙂 …", f64::NAN, &"a".repeat(501)), ["term.pattern", "term.note", "term.weight"]);
        assert_eq!(check(&"a ".repeat(51), -0.1, ""), ["term.pattern", "term.weight"]);
    }
}

//! Terms: words and phrases that a newsroom lists, how they match, and the effect of a match.

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

/// Longest pattern, in graphemes.
const MAX_PATTERN: usize = 100;
/// Longest note, in graphemes.
const MAX_NOTE: usize = 500;
/// Greatest weight. More would change no score visibly.
const MAX_WEIGHT: f64 = 10.0;
/// Largest number of terms of a site. That many compile in a few hundredths of a second (`benches/terms.rs`).
pub const MAX_TERMS: usize = 10_000;

named_enum! {
    /// How a term matches, and the strongest effect that a match may have.
    TermTier {
        /// Matches with all its marks. It marks as spam in HYBRID and holds in other modes. In a comment with almost no
        /// marks, a term without marks only holds, because `cac` may be `các` written without its mark.
        Exact = "EXACT",
        /// Matches with its marks, and without them in a comment with almost no marks. It holds, and never marks as
        /// spam.
        Stripped = "STRIPPED",
        /// Matches as written, and with digits in place of letters. It only adds its weight to the score.
        Teencode = "TEENCODE",
    }
}

named_enum! {
    /// Whether a term has an effect.
    TermState {
        /// Not matched at all.
        Off = "OFF",
        /// Matched and shown among the findings, without weight and effect.
        Shadow = "SHADOW",
        Enforce = "ENFORCE",
    }
}

/// A listed word or phrase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub id: Uuid,
    /// In NFC with one space between words.
    pub pattern: String,
    pub tier: TermTier,
    pub state: TermState,
    /// Added to the logit of the score while the term is enforced, once per comment. From 0 to 10.
    pub weight: f64,
    /// The reason for listing the term.
    pub note: String,
    /// Starts at 1 and increases with every change.
    pub revision: i64,
    /// Name of the token that changed the term last, or `system`.
    pub updated_by: String,
    pub updated_at: DateTime<Utc>,
}

impl Term {
    /// Computes the key that no other term of the tier may have, see [`term_key`].
    pub fn key(&self) -> String {
        term_key(&self.pattern)
    }

    /// Describes the term for an audit entry.
    pub fn described(&self) -> String {
        format!("{} {} {}: {}", self.tier, self.state, self.weight, self.pattern)
    }
}

/// The checked fields of a new or changed term.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TermDraft {
    pub pattern: String,
    pub tier: TermTier,
    pub state: TermState,
    pub weight: f64,
    pub note: String,
}

impl TermDraft {
    /// Cleans and checks the fields and adds violations. `None` as tier or state means that its violation was already
    /// added.
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

/// The creation, change or deletion of a term.
#[derive(Debug, Clone)]
pub struct TermChange {
    pub site: SiteId,
    pub id: Uuid,
    /// The new fields; `None` deletes the term.
    pub to: Option<TermDraft>,
    /// The revision that the caller saw; 0 creates a new term.
    pub expected_revision: i64,
    /// Audit entry with actor and time. The store fills in revision and note.
    pub entry: AuditEntry,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

/// A stored comment that terms are tested with.
#[derive(Debug, Clone, PartialEq)]
pub struct PastComment {
    pub id: CommentId,
    pub text: FormText,
    pub status: Status,
    /// Time of a person's decision on the comment, or of its submission, depending on the query.
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
    fn all_violations_of_a_term_are_returned_at_once() {
        assert_eq!(check(" lô  đề ", 10.0, ""), [""; 0]);
        assert_eq!(check("🙂 …", f64::NAN, &"a".repeat(501)), ["term.pattern", "term.note", "term.weight"]);
        assert_eq!(check(&"a ".repeat(51), -0.1, ""), ["term.pattern", "term.weight"]);
    }
}

//! Spam signals that do not come from the text, but from how the form was filled in.

use super::{
    finding::{Finding, Rule},
    repetition,
};

/// Number of seconds below which no person could have filled in a form with four fields.
const FAST_SECONDS: i64 = 3;
/// Least number of invisible characters for a finding. A text editor may paste one; hiding words takes many.
const INVISIBLE_CHARACTERS: usize = 3;

/// The signals of a submit besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormSignals {
    /// The hidden field was filled in.
    pub honeypot: bool,
    /// Seconds between showing and sending the form; `None` when unknown.
    pub fill_seconds: Option<i64>,
    /// The challenge was issued to another device.
    pub other_device: bool,
    /// Number of invisible characters that were removed from the fields.
    pub invisible: usize,
    /// Number of comments with the same skeleton on the site within a day.
    pub same_text: i64,
    /// Number of other authors of those comments.
    pub same_text_authors: i64,
    /// A ban holds this submit.
    pub held_by_ban: bool,
}

pub(super) fn find(signals: &FormSignals) -> Vec<Finding> {
    let fast = signals.fill_seconds.is_some_and(|seconds| seconds < FAST_SECONDS);
    [
        (signals.honeypot, Rule::Honeypot, 5.0),
        (fast, Rule::FastForm, 1.5),
        (signals.other_device, Rule::OtherDevice, 0.5),
        (signals.invisible >= INVISIBLE_CHARACTERS, Rule::InvisibleCharacters, 1.5),
        (signals.held_by_ban, Rule::HeldByBan, 0.0),
    ]
    .into_iter()
    .filter(|(fires, ..)| *fires)
    .map(|(_, rule, weight)| Finding::whole(rule, weight))
    .chain(repetition::find_posted_before(signals.same_text, signals.same_text_authors))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_honeypot_and_a_fast_form_are_findings() {
        let signals = FormSignals { honeypot: true, fill_seconds: Some(0), ..FormSignals::default() };
        assert_eq!(find(&signals).len(), 2);
    }

    #[test]
    fn an_unknown_fill_time_is_not_a_finding() {
        assert!(find(&FormSignals::default()).is_empty());
    }
}

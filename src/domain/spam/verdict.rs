//! The automatic result of a spam score.

use super::Assessment;

/// The scores at which the automatic result changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// HYBRID publishes below this score.
    pub low: f64,
    /// From this score on, HYBRID marks as spam and POST holds.
    pub high: f64,
    /// False while there are too few decisions. HYBRID then holds instead of marking as spam.
    pub auto_spam: bool,
}

impl Default for Thresholds {
    /// Defaults for the rules alone: a clean text scores 0.12, one link 0.62, a link with a phone number 0.92.
    fn default() -> Self {
        Self { low: 0.3, high: 0.9, auto_spam: false }
    }
}

named_enum! {
    /// The automatic result for a comment in HYBRID.
    SpamVerdict {
        Publish = "PUBLISH",
        /// The comment waits for a moderator.
        Hold = "HOLD",
        Spam = "SPAM",
    }
}

/// Decides the automatic result in HYBRID. Form signals, layout and holding terms never mark a comment as spam.
pub fn verdict(assessment: &Assessment, thresholds: Thresholds) -> SpamVerdict {
    let Assessment { score, only_meta, holds, marks_spam, .. } = *assessment;
    if marks_spam || (thresholds.auto_spam && !only_meta && !holds && score >= thresholds.high) {
        SpamVerdict::Spam
    } else if !holds && score < thresholds.low {
        SpamVerdict::Publish
    } else {
        SpamVerdict::Hold
    }
}

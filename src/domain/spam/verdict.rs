//! What a score means for a comment.

use super::Assessment;

/// Where scores begin to matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Below: HYBRID publishes.
    pub low: f64,
    /// From here on: HYBRID marks as spam, POST holds.
    pub high: f64,
    /// False while there are too few decisions to go by: HYBRID holds what it would mark as spam.
    pub auto_spam: bool,
}

impl Default for Thresholds {
    /// One link scores 0.62, a link with a phone number 0.92, a clean text 0.12 (`spam::assess`).
    fn default() -> Self {
        Self { low: 0.3, high: 0.9, auto_spam: false }
    }
}

named_enum! {
    /// What HYBRID makes of a comment.
    SpamVerdict {
        Publish = "PUBLISH",
        /// A moderator decides.
        Hold = "HOLD",
        Spam = "SPAM",
    }
}

/// What HYBRID makes of a comment. The form, the layout and terms that hold never mark as spam.
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

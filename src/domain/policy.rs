//! Whether an article takes comments, and where a new one starts.

use super::{Error, Result, lifecycle::Status};

named_enum! {
    /// What happens to comments of an article.
    Mode {
        /// Every comment waits.
        Pre = "PRE",
        /// Comments appear at once unless they look bad.
        Post = "POST",
        /// By spam score.
        Hybrid = "HYBRID",
        /// Readable, takes none.
        Closed = "CLOSED",
        /// Shows none, takes none.
        Hidden = "HIDDEN",
    }
}

/// # Errors
/// [`Error::ArticleClosed`] for a mode that takes no comments.
pub fn check_open(mode: Mode) -> Result<()> {
    match mode {
        Mode::Closed | Mode::Hidden => Err(Error::ArticleClosed { mode }),
        Mode::Pre | Mode::Post | Mode::Hybrid => Ok(()),
    }
}

/// A comment that nobody reviewed for so many days is refused, unless the service's setting says otherwise.
pub const EXPIRE_PENDING_DAYS: i64 = 30;

/// Where scores begin to matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Below: HYBRID publishes.
    pub low: f64,
    /// From here on: HYBRID marks as spam, POST holds.
    pub high: f64,
}

impl Default for Thresholds {
    /// One link scores 0.62, a link with a phone number 0.92, a clean text 0.12 (`spam::assess`).
    fn default() -> Self {
        Self { low: 0.3, high: 0.9 }
    }
}

/// Where a new comment starts. `hold` (a ban says so, or the shared limits are gone) keeps back what would be published.
pub fn first_status(mode: Mode, score: f64, thresholds: Thresholds, hold: bool) -> Result<Status> {
    check_open(mode)?;
    let status = match mode {
        Mode::Post if score < thresholds.high => Status::Approved,
        Mode::Hybrid if score < thresholds.low => Status::Approved,
        Mode::Hybrid if score >= thresholds.high => Status::Spam,
        _ => Status::Pending,
    };
    Ok(if hold && status.is_public() { Status::Pending } else { status })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(mode: Mode, score: f64) -> Status {
        first_status(mode, score, Thresholds::default(), false).unwrap()
    }

    #[test]
    fn pre_always_waits_and_post_publishes_unless_it_looks_bad() {
        assert_eq!(first(Mode::Pre, 0.0), Status::Pending);
        assert_eq!(first(Mode::Pre, 1.0), Status::Pending);
        assert_eq!(first(Mode::Post, 0.62), Status::Approved);
        assert_eq!(first(Mode::Post, 0.95), Status::Pending);
    }

    #[test]
    fn hybrid_goes_by_score() {
        assert_eq!([0.1, 0.5, 0.95].map(|s| first(Mode::Hybrid, s)), [Status::Approved, Status::Pending, Status::Spam]);
    }

    #[test]
    fn degraded_publishes_nothing() {
        let held = first_status(Mode::Post, 0.0, Thresholds::default(), true).unwrap();
        assert_eq!(held, Status::Pending);
    }

    #[test]
    fn closed_and_hidden_take_nothing() {
        for mode in [Mode::Closed, Mode::Hidden] {
            assert!(matches!(first_status(mode, 0.0, Thresholds::default(), false), Err(Error::ArticleClosed { .. })));
        }
    }
}

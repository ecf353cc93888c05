//! How much of the comment on the screen the moderator has seen. A key acts on a comment only after the comment was
//! drawn and stayed on the screen for a moment; an earlier key was pressed for the previous comment.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::event::Extent;

/// How long a comment must be on the screen before a key acts on it.
const LEAST: TimeDelta = TimeDelta::milliseconds(200);
/// How long a comment that appeared without a key press must be on the screen. The moderator may be about to press a
/// key for another comment.
const LEAST_UNASKED: TimeDelta = TimeDelta::milliseconds(300);
/// Keys that follow each other faster than this count as one key that is held down.
const REPEAT: TimeDelta = TimeDelta::milliseconds(120);

/// What the moderator has seen of the comment on the screen.
#[derive(Debug)]
pub(super) struct Visibility {
    /// The time of the first frame with the comment.
    since: Option<DateTime<Utc>>,
    least: TimeDelta,
    /// No key acts before this time. Each ignored key postpones it, so that a key that is held down never acts.
    not_before: Option<DateTime<Utc>>,
    /// True if the last frame shows the comment.
    is_shown: bool,
    to_the_end: bool,
    /// True if the moderator was warned that the end of the text was not displayed.
    is_warned: bool,
}

/// Why a key does not act on the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unseen {
    /// The comment has not been on the screen long enough.
    Whole,
    /// The end of the text was not displayed. The first key warns; the next one acts.
    End,
}

impl Visibility {
    /// Returns the state of a comment not yet seen. `by_hand` is true if the moderator's key brought the comment.
    pub(super) const fn none(by_hand: bool) -> Self {
        let least = if by_hand { LEAST } else { LEAST_UNASKED };
        Self { since: None, least, not_before: None, is_shown: false, to_the_end: false, is_warned: false }
    }

    /// Records a frame. All keys pressed before it have been processed.
    pub(super) fn drawn(&mut self, extent: Extent, scroll: usize, now: DateTime<Utc>) {
        self.is_shown = extent.shows_comment;
        if extent.shows_comment {
            // If the clock was set back, the wait restarts instead of getting longer.
            self.since = Some(self.since.map_or(now, |since| since.min(now)));
            self.to_the_end |= scroll >= extent.most;
        }
    }

    /// Checks that a key may act on the comment now. A decision also requires that the end of the text was displayed,
    /// or that the moderator was warned.
    pub(super) fn allows(&mut self, decides: bool, now: DateTime<Utc>) -> Result<(), Unseen> {
        let is_steady = self.is_shown && self.since.is_some_and(|since| now - since >= self.least);
        let is_quiet = self.not_before.is_none_or(|time| time <= now || time - now > REPEAT);
        if !(is_steady && is_quiet) {
            self.not_before = Some(now + REPEAT);
            return Err(Unseen::Whole);
        }
        if decides && !self.to_the_end && !self.is_warned {
            // The warning must be on the screen as long as a new comment.
            (self.is_warned, self.since) = (true, None);
            return Err(Unseen::End);
        }
        Ok(())
    }
}

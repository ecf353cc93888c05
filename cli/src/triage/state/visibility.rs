//! What the moderator was able to see of the comment on the screen. A key that acts on a comment counts only once the
//! comment has been drawn and has stayed on the screen for a moment: an earlier key was pressed for the comment before
//! it.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::event::Extent;

/// How long a comment is on the screen before a key acts on it.
const LEAST: TimeDelta = TimeDelta::milliseconds(200);
/// The same for a comment that came while the moderator pressed nothing: the finger may be on its way for another one.
const LEAST_UNASKED: TimeDelta = TimeDelta::milliseconds(300);
/// A key that repeats by itself comes sooner than this after the one before.
const REPEAT: TimeDelta = TimeDelta::milliseconds(120);

/// How much of the comment on the screen was seen so far.
#[derive(Debug)]
pub(super) struct Visibility {
    /// When it was first drawn.
    since: Option<DateTime<Utc>>,
    least: TimeDelta,
    /// Ignored keys put this off, so that a key that is held down never acts.
    not_before: Option<DateTime<Utc>>,
    /// The last frame shows it.
    is_shown: bool,
    to_the_end: bool,
    /// The moderator was warned that the end was not shown.
    is_warned: bool,
}

/// Why a key does not act on the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unseen {
    /// It has not been on the screen long enough.
    Whole,
    /// Its end was never on the screen. The first key warns; the next one acts.
    End,
}

impl Visibility {
    /// Nothing was seen yet. `by_hand` is true when a key of the moderator brought the comment.
    pub(super) const fn none(by_hand: bool) -> Self {
        let least = if by_hand { LEAST } else { LEAST_UNASKED };
        Self { since: None, least, not_before: None, is_shown: false, to_the_end: false, is_warned: false }
    }

    /// Notes that the screen was drawn, and that no key pressed before that is left unread.
    pub(super) fn drawn(&mut self, extent: Extent, scroll: usize, now: DateTime<Utc>) {
        self.is_shown = extent.shows_comment;
        if extent.shows_comment {
            // A clock that was set back restarts the wait instead of extending it.
            self.since = Some(self.since.map_or(now, |since| since.min(now)));
            self.to_the_end |= scroll >= extent.most;
        }
    }

    /// Checks that a key may act on the comment now. A key that decides also needs the end of the text to have been
    /// shown.
    pub(super) fn allows(&mut self, decides: bool, now: DateTime<Utc>) -> Result<(), Unseen> {
        let is_steady = self.is_shown && self.since.is_some_and(|since| now - since >= self.least);
        let is_quiet = self.not_before.is_none_or(|time| time <= now || time - now > REPEAT);
        if !(is_steady && is_quiet) {
            self.not_before = Some(now + REPEAT);
            return Err(Unseen::Whole);
        }
        if decides && !self.to_the_end && !self.is_warned {
            // The warning is to be read like a new comment.
            (self.is_warned, self.since) = (true, None);
            return Err(Unseen::End);
        }
        Ok(())
    }
}

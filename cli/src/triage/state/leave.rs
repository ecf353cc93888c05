//! The way out: deeds are sent first, then claims given back, and neither may take for ever.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{event::Effect, message::Message, modes::Mode},
    State,
};

/// How long a program that was told to end still sends.
const LAST_TRY: TimeDelta = TimeDelta::seconds(2);
/// How long to wait until claims are given back. They end by themselves.
const LAST_WORD: TimeDelta = TimeDelta::seconds(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Working,
    /// Told to end: what is to be sent goes until then.
    Draining {
        until: DateTime<Utc>,
    },
    Releasing {
        asked: bool,
        until: DateTime<Utc>,
    },
    Over,
}

impl State {
    /// The moderator wants to go. With deeds unsent that is a question.
    pub(super) fn quit(&mut self, now: DateTime<Utc>) {
        if self.ended.is_some() {
            self.phase = Phase::Over;
        } else if self.outbox.is_empty() || self.mode == Mode::Quit {
            self.release(now);
        } else {
            self.message = None;
            self.mode = Mode::Quit;
        }
    }

    pub(super) fn hang_up(&mut self, now: DateTime<Utc>) {
        match self.phase {
            _ if self.ended.is_some() => self.phase = Phase::Over,
            Phase::Working => self.phase = Phase::Draining { until: now + LAST_TRY },
            Phase::Draining { .. } | Phase::Releasing { .. } | Phase::Over => {}
        }
    }

    /// Ends at once.
    pub(super) const fn give_up(&mut self) {
        self.phase = Phase::Over;
    }

    pub(super) const fn released(&mut self) {
        self.phase = Phase::Over;
    }

    /// No deed starts while claims are given back: a taking-back would be cut off.
    pub(super) const fn may_send(&self) -> bool {
        matches!(self.phase, Phase::Working | Phase::Draining { .. })
    }

    /// The next step on the way out, if it is time for one.
    pub(super) fn leave(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        let is_sent = self.outbox.is_empty();
        match self.phase {
            Phase::Working if self.mode == Mode::Quit && is_sent => self.release(now),
            Phase::Draining { until } if is_sent || until <= now => self.release(now),
            _ => {}
        }
        match self.phase {
            Phase::Releasing { until, .. } if until <= now => self.phase = Phase::Over,
            // What a claim under way still brings is given back too.
            Phase::Releasing { asked: false, until } if !self.claims.is_under_way() => {
                let ids = self.hand.ids();
                if ids.is_empty() {
                    self.phase = Phase::Over;
                } else {
                    self.phase = Phase::Releasing { asked: true, until };
                    return Some(Effect::Release(ids));
                }
            }
            _ => {}
        }
        None
    }

    fn release(&mut self, now: DateTime<Utc>) {
        if self.away_since.is_some() {
            self.phase = Phase::Over;
            return;
        }
        self.mode = Mode::Review;
        self.say(Message::calm("triage-leaving"));
        self.phase = Phase::Releasing { asked: false, until: now + LAST_WORD };
    }
}

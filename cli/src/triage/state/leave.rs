//! The end of a session: unsent operations are sent (after a signal, within a time limit), and then claims are released
//! within a time limit.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{event::Effect, input_mode::InputMode, message::Message},
    machine::State,
    phase::Phase,
};

/// Time limit for unsent operations after a signal.
const LAST_TRY: TimeDelta = TimeDelta::seconds(2);
/// Time limit for the release of claims. Unreleased claims expire.
const LAST_WORD: TimeDelta = TimeDelta::seconds(2);

impl State {
    /// Quits. Asks for confirmation if operations are unsent.
    pub(super) fn quit(&mut self, now: DateTime<Utc>) {
        if self.ended.is_some() {
            self.phase = Phase::Over;
        } else if self.outbox.is_empty() || self.mode == InputMode::Quit {
            self.release(now);
        } else {
            self.message = None;
            self.mode = InputMode::Quit;
        }
    }

    pub(super) fn hang_up(&mut self, now: DateTime<Utc>) {
        match self.phase {
            _ if self.ended.is_some() => self.phase = Phase::Over,
            Phase::Working => self.phase = Phase::Draining { until: now + LAST_TRY },
            Phase::Draining { .. } | Phase::Releasing { .. } | Phase::Over => {}
        }
    }

    pub(super) const fn give_up(&mut self) {
        self.phase = Phase::Over;
    }

    pub(super) const fn released(&mut self) {
        self.phase = Phase::Over;
    }

    /// Returns whether operations may still be sent. None is sent while claims are released, because the process may
    /// end before the response.
    pub(super) const fn may_send(&self) -> bool {
        matches!(self.phase, Phase::Working | Phase::Draining { .. })
    }

    /// Performs the next step of leaving, if it is due.
    pub(super) fn leave(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        let is_sent = self.outbox.is_empty();
        match self.phase {
            Phase::Working if self.mode == InputMode::Quit && is_sent => self.release(now),
            Phase::Draining { until } if is_sent || until <= now => self.release(now),
            _ => {}
        }
        match self.phase {
            Phase::Releasing { until, .. } if until <= now => self.phase = Phase::Over,
            // Waits for the response to a claim in flight, so that its comments are released, too.
            Phase::Releasing { asked: false, until } if !self.claims.is_in_flight() => {
                let ids = self.held.ids();
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
        self.mode = InputMode::Review;
        self.say(Message::calm("triage-leaving"));
        self.phase = Phase::Releasing { asked: false, until: now + LAST_WORD };
    }
}

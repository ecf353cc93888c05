//! Fetches again the comments that the moderator has claimed and a colleague has changed. A comment that still waits
//! for a decision is shown with its changes, and must be seen again before a key acts on it. A comment that no longer
//! waits is removed, unless it is on the screen.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{
        event::{CallError, Effect},
        held::HeldComment,
        message::Message,
    },
    machine::{State, unhandled},
    refresh_queue::Refresh,
};
use duyet_proto::v1;

/// Pause before a retry while the service is unavailable.
const PAUSE: TimeDelta = TimeDelta::seconds(2);

impl State {
    /// Handles a change reported by the queue. Ignores changes by our own operations, which are known from their
    /// responses.
    pub(super) fn changed(&mut self, id: &str, revision: i64, waits: bool) {
        let is_news = self.held.get_mut(id).is_some_and(|held| held.comment.revision < revision);
        if is_news && !self.outbox.is_about(id) {
            self.refreshes.want(id, waits);
        }
    }

    /// Schedules a refresh of a comment that still waits for a decision after ours conflicted with a colleague's.
    pub(super) fn refresh_later(&mut self, id: &str) {
        self.refreshes.want(id, true);
    }

    pub(super) fn refresh(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.refreshes.under_way.is_some() || self.refreshes.not_before.is_some_and(|time| now < time) {
            return None;
        }
        let wanted = self.refreshes.wanted.pop_front()?;
        let id = wanted.id.clone();
        self.refreshes.under_way = Some(wanted);
        Some(Effect::Refresh(id))
    }

    pub(super) fn refreshed(&mut self, answer: Result<Option<Box<v1::ReviewCase>>, CallError>, now: DateTime<Utc>) {
        let Some(asked) = self.refreshes.under_way.take() else { return };
        self.refreshes.not_before = None;
        match answer {
            Ok(case) => {
                self.is_back(now);
                let held = case.and_then(|case| HeldComment::new(*case, now));
                self.apply_refresh(&asked, held, now);
            }
            Err(error @ CallError::Unavailable { .. }) => {
                self.refreshes.not_before = Some(now + PAUSE);
                self.refreshes.want(&asked.id, asked.waits);
                let _ = unhandled(self, error, now);
            }
            Err(error) => {
                if unhandled(self, error, now).is_some() {
                    self.apply_refresh(&asked, None, now);
                }
            }
        }
    }

    /// Replaces a comment by `held`. `None` means that the comment no longer exists or cannot be fetched.
    fn apply_refresh(&mut self, asked: &Refresh, held: Option<HeldComment>, now: DateTime<Utc>) {
        // The response to our own operation brings the new state.
        if self.outbox.is_about(&asked.id) {
            return;
        }
        let waits = |held: &HeldComment| match held.comment.status() {
            v1::CommentStatus::Pending => true,
            v1::CommentStatus::Approved => asked.waits,
            _ => false,
        };
        let is_current = self.held.current_id() == Some(asked.id.as_str());
        let Some(held) = held.filter(waits) else { return self.left_queue(&asked.id, is_current, now) };
        let known = self.held.get_mut(&asked.id).map(|known| known.comment.revision);
        if known.is_some_and(|revision| revision >= held.comment.revision) {
            return;
        }
        // Every decision ends the claim.
        self.held.refresh(HeldComment { ended: true, ..held });
        self.claims.hurry(now);
        if is_current {
            self.turn(false);
            self.report(Message::alert("triage-changed"), now);
        }
    }

    /// Handles a comment that no longer waits. If it is on the screen, it stays until the moderator acts on it. If that
    /// sends a decision, the service's response names the colleague.
    fn left_queue(&mut self, id: &str, is_current: bool, now: DateTime<Utc>) {
        let Some(held) = self.held.get_mut(id) else { return };
        if is_current {
            if std::mem::replace(&mut held.lost, true) {
                return;
            }
        } else {
            self.held.remove(id);
        }
        self.report(Message::alert("triage-lost"), now);
    }
}

//! Comments that somebody else changed while they were in the hand. Each is fetched anew: one that still waits is shown as it stands
//! and has to be seen again, and one that does not is let go.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{
        event::{Effect, Trouble},
        hand::Held,
        message::Message,
    },
    State, refusal,
};
use duyet_proto::v1;

/// Between two tries where the service did not answer.
const PAUSE: TimeDelta = TimeDelta::seconds(2);

/// What is to be looked at again.
#[derive(Debug, Default)]
pub(super) struct Looks {
    wanted: VecDeque<Wanted>,
    under_way: Option<Wanted>,
    not_before: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
struct Wanted {
    id: String,
    /// As far as is known, it still waits for a decision.
    waits: bool,
}

impl Looks {
    fn want(&mut self, id: &str, waits: bool) {
        self.wanted.retain(|wanted| wanted.id != id);
        self.wanted.push_back(Wanted { id: id.to_owned(), waits });
    }
}

impl State {
    /// The queue says how a comment stands. News of our own deeds comes with their answers.
    pub(super) fn changed(&mut self, id: &str, revision: i64, waits: bool) {
        let is_news = self.hand.get_mut(id).is_some_and(|held| held.comment.revision < revision);
        if is_news && !self.outbox.is_about(id) {
            self.looks.want(id, waits);
        }
    }

    /// Our decision was about a state of the comment that is gone, and the comment waits again: it comes back as it stands.
    pub(super) fn look_again(&mut self, id: &str) {
        self.looks.want(id, true);
    }

    /// The comment to fetch now, if any.
    pub(super) fn look(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.looks.under_way.is_some() || self.looks.not_before.is_some_and(|time| now < time) {
            return None;
        }
        let wanted = self.looks.wanted.pop_front()?;
        let id = wanted.id.clone();
        self.looks.under_way = Some(wanted);
        Some(Effect::Look(id))
    }

    pub(super) fn looked(&mut self, answer: Result<Option<Box<v1::ReviewCase>>, Trouble>, now: DateTime<Utc>) {
        let Some(asked) = self.looks.under_way.take() else { return };
        self.looks.not_before = None;
        match answer {
            Ok(case) => {
                self.is_back(now);
                let held = case.and_then(|case| Held::new(*case, now));
                self.stands(&asked, held, now);
            }
            Err(trouble @ Trouble::Away { .. }) => {
                self.looks.not_before = Some(now + PAUSE);
                self.looks.want(&asked.id, asked.waits);
                let _ = refusal(self, trouble, now);
            }
            Err(trouble) => {
                if refusal(self, trouble, now).is_some() {
                    self.stands(&asked, None, now);
                }
            }
        }
    }

    /// A comment stands as `held` says; without it the comment is gone.
    fn stands(&mut self, asked: &Wanted, held: Option<Held>, now: DateTime<Utc>) {
        // What we did meanwhile has an answer of its own.
        if self.outbox.is_about(&asked.id) {
            return;
        }
        let waits = |held: &Held| match held.comment.status() {
            v1::CommentStatus::Pending => true,
            v1::CommentStatus::Approved => asked.waits,
            _ => false,
        };
        let is_current = self.hand.current_id() == Some(asked.id.as_str());
        let Some(held) = held.filter(waits) else { return self.left(&asked.id, is_current, now) };
        let known = self.hand.get_mut(&asked.id).map(|known| known.comment.revision);
        if known.is_some_and(|revision| revision >= held.comment.revision) {
            return;
        }
        // A decision ended the claim, whoever made it.
        self.hand.refresh(Held { ended: true, ..held });
        self.claims.hurry(now);
        if is_current {
            self.turn(false);
            self.report(Message::alert("triage-changed"), now);
        }
    }

    /// A comment no longer waits. The one on the screen stays until its key is pressed: the answer then says who was first.
    fn left(&mut self, id: &str, is_current: bool, now: DateTime<Utc>) {
        let Some(held) = self.hand.get_mut(id) else { return };
        if is_current {
            if std::mem::replace(&mut held.lost, true) {
                return;
            }
        } else {
            self.hand.remove(id);
        }
        self.report(Message::alert("triage-lost"), now);
    }
}

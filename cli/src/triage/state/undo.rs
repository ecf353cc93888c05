//! Taking back: the deeds of this session, one by one, newest first.

use chrono::{DateTime, Utc};

use super::{
    super::{
        hand::Held,
        message::Message,
        outbox::{Deed, Target},
    },
    State,
};
use duyet_proto::v1;

/// A deed that can be taken back.
#[derive(Debug)]
pub(super) struct Past {
    /// Its request id.
    pub(super) id: String,
    pub(super) what: What,
    /// What the service calls it, once it has answered.
    pub(super) target: Option<Target>,
}

#[derive(Debug)]
pub(super) enum What {
    Decision(v1::Action, Box<Held>),
    Ban,
}

impl State {
    /// Takes the newest deed back. A decision's comment comes back onto the screen at once.
    pub(super) fn undo(&mut self, now: DateTime<Utc>) {
        let Some(Past { id, what, target }) = self.past.pop() else {
            self.say(Message::alert("triage-nothing-to-undo"));
            return;
        };
        let comment = match &what {
            What::Decision(_, held) => held.comment.id.clone(),
            What::Ban => String::new(),
        };
        // A deed that never left is simply not sent.
        let has_left = !self.outbox.withdraw(&id);
        if has_left {
            let deed = Deed::TakeBack { undoes: id, target, comment };
            let id = (self.mint)();
            self.outbox.push(id, deed, now);
        }
        match what {
            What::Decision(action, mut held) => {
                held.ended |= has_left;
                self.tally.take_off(action);
                self.tally.undone += 1;
                self.waiting = self.waiting.map(|waiting| waiting.saturating_add(1));
                self.say(Message::calm("triage-undone").name("author", &held.comment.author_name));
                self.hand.bring_back(*held);
            }
            What::Ban => {
                self.tally.bans = self.tally.bans.saturating_sub(1);
                self.say(Message::calm("triage-ban-undone"));
            }
        }
    }

    /// A decision was taken back: its comment stands as before, at a new revision, and is to be claimed anew.
    pub(super) fn reverted(&mut self, comment: Option<&v1::Comment>, now: DateTime<Utc>) {
        let Some(comment) = comment else { return };
        self.revise(comment);
        let past = self.past.iter_mut().filter_map(|past| match &mut past.what {
            What::Decision(_, held) => Some(&mut **held),
            What::Ban => None,
        });
        let past = past.filter(|held| held.comment.id == comment.id);
        for held in self.hand.get_mut(&comment.id).into_iter().chain(past) {
            (held.until, held.ended) = (now, true);
        }
        self.claims.hurry(now);
    }

    /// The comment stands differently, by our own doing: whatever is still to be done about it is about that revision.
    pub(super) fn revise(&mut self, comment: &v1::Comment) {
        self.hand.revise(comment);
        self.outbox.revise(&comment.id, comment.revision);
        for past in &mut self.past {
            if let What::Decision(_, held) = &mut past.what
                && held.comment.id == comment.id
            {
                held.comment.status = comment.status;
                held.comment.revision = comment.revision;
            }
        }
    }

    /// Nothing came of a deed: it cannot be taken back, and what was built on it goes too.
    pub(super) fn forget(&mut self, id: &str, comment: Option<&str>) {
        let moot = self.outbox.drop_moot(id, comment);
        let gone = self.past.extract_if(.., |past| past.id == id || moot.contains(&past.id)).collect::<Vec<_>>();
        for past in gone {
            match past.what {
                What::Decision(action, _) => self.tally.take_off(action),
                What::Ban => self.tally.bans = self.tally.bans.saturating_sub(1),
            }
        }
    }
}

//! Reverts the operations of this session one by one, newest first.

use chrono::{DateTime, Utc};

use super::{
    super::{message::Message, outbox::Operation},
    machine::State,
    revertible::{RevertKind, Revertible},
};
use duyet_proto::v1;

impl State {
    /// Reverts the newest operation. The comment of a decision returns to the screen immediately.
    pub(super) fn revert_last(&mut self, now: DateTime<Utc>) {
        let Some(Revertible { id, kind, target }) = self.revertible.pop() else {
            self.say(Message::alert("triage-nothing-to-undo"));
            return;
        };
        let comment = match &kind {
            RevertKind::Decision(_, held) => held.comment.id.clone(),
            RevertKind::Ban => String::new(),
        };
        // An operation that was never sent is withdrawn instead.
        let has_left = !self.outbox.withdraw(&id);
        if has_left {
            let operation = Operation::Revert { reverted_id: id, target, comment };
            let id = (self.new_id)();
            self.outbox.push(id, operation, now);
        }
        match kind {
            RevertKind::Decision(action, mut held) => {
                held.ended |= has_left;
                self.counts.take_off(action);
                self.counts.reverted += 1;
                self.waiting = self.waiting.map(|waiting| waiting.saturating_add(1));
                self.say(Message::calm("triage-undone").name("author", &held.comment.author_name));
                self.held.bring_back(*held);
            }
            RevertKind::Ban => {
                self.counts.bans = self.counts.bans.saturating_sub(1);
                self.say(Message::calm("triage-ban-undone"));
            }
        }
    }

    /// Handles a reverted decision: its comment has a new revision and must be claimed again.
    pub(super) fn reverted(&mut self, comment: Option<&v1::Comment>, now: DateTime<Utc>) {
        let Some(comment) = comment else { return };
        self.revise(comment);
        let past = self.revertible.iter_mut().filter_map(|past| match &mut past.kind {
            RevertKind::Decision(_, held) => Some(&mut **held),
            RevertKind::Ban => None,
        });
        let past = past.filter(|held| held.comment.id == comment.id);
        for held in self.held.get_mut(&comment.id).into_iter().chain(past) {
            (held.until, held.ended) = (now, true);
        }
        self.claims.hurry(now);
    }

    /// Applies a change by our own operation, so that later operations on the comment expect the new revision.
    pub(super) fn revise(&mut self, comment: &v1::Comment) {
        self.held.revise(comment);
        self.outbox.revise(&comment.id, comment.revision);
        for past in &mut self.revertible {
            if let RevertKind::Decision(_, held) = &mut past.kind
                && held.comment.id == comment.id
            {
                held.comment.status = comment.status;
                held.comment.revision = comment.revision;
            }
        }
    }

    /// Removes a failed operation, which cannot be reverted, and the operations that depend on it.
    pub(super) fn forget(&mut self, id: &str, comment: Option<&str>) {
        let dropped = self.outbox.drop_dependent(id, comment);
        let gone =
            self.revertible.extract_if(.., |past| past.id == id || dropped.contains(&past.id)).collect::<Vec<_>>();
        for past in gone {
            match past.kind {
                RevertKind::Decision(action, _) => self.counts.take_off(action),
                RevertKind::Ban => self.counts.bans = self.counts.bans.saturating_sub(1),
            }
        }
    }
}

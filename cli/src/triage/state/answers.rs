//! Handles the responses to operations. A conflict is reported and counted; the comment on the screen stays.

use chrono::{DateTime, Utc};

use super::{
    super::{
        super::{
            exit::{Exit, Failure, PriorDecision},
            moment, names,
        },
        event::{CallError, OperationResult},
        message::Message,
        outbox::{Operation, RevertTarget},
    },
    machine::{State, unhandled},
    revertible::RevertKind,
};
use duyet_proto::v1;

/// Number of server faults after which an operation is dropped.
const MOST_FAULTS: u32 = 5;

impl State {
    pub(super) fn answered(&mut self, id: &str, answer: Result<OperationResult, CallError>, now: DateTime<Utc>) {
        match answer {
            Ok(answer) => {
                self.is_back(now);
                if let Some(operation) = self.outbox.answered(id) {
                    self.done(id, &operation, answer, now);
                }
            }
            Err(CallError::Unavailable { message, is_fault: true, .. }) if self.outbox.tries() >= MOST_FAULTS => {
                // Drops the operation, so that those behind it are not blocked forever.
                let failure = Failure::new(Exit::Failed, message);
                self.answered(id, Err(CallError::Failed(failure)), now);
            }
            Err(error @ CallError::Unavailable { after, .. }) => {
                self.outbox.unanswered(id, after, now);
                let _ = unhandled(self, error, now);
            }
            Err(error) => {
                // The failure is permanent. A denied operation stays in the outbox and is reported as unsent.
                if let Some(failure) = unhandled(self, error, now)
                    && let Some(operation) = self.outbox.answered(id)
                {
                    self.is_back(now);
                    self.failed(id, &operation, &failure, now);
                }
            }
        }
    }

    fn done(&mut self, id: &str, operation: &Operation, answer: OperationResult, now: DateTime<Utc>) {
        match answer {
            OperationResult::Decided(decided) => self.decided(id, *decided, now),
            OperationResult::Reverted(comment) => self.reverted(comment.as_deref(), now),
            OperationResult::BanReverted(failed) => {
                if failed > 0 {
                    self.report(Message::alert("triage-ban-partly-undone").count("count", failed), now);
                }
            }
            OperationResult::Banned(banned) => self.banned(id, *banned, now),
            OperationResult::Noted(note) => {
                if let Operation::Note(request) = operation
                    && let Some(held) = self.held.get_mut(&request.comment_id)
                {
                    held.case.notes.insert(0, *note);
                }
            }
        }
    }

    fn decided(&mut self, id: &str, decided: v1::DecideResponse, now: DateTime<Utc>) {
        let comment = decided.comment.unwrap_or_default();
        if !decided.changed && decided.decided_by != self.me {
            let prior = PriorDecision {
                status: names::status(comment.status).unwrap_or_default().to_owned(),
                revision: comment.revision,
                decided_by: decided.decided_by,
                decided_at: moment::time(decided.decided_at.as_ref()),
            };
            return self.conflict(id, &comment.id, &comment.author_name, &prior, now);
        }
        let target = RevertTarget::Decision(decided.decision_id);
        self.named(id, &target);
    }

    /// Records the id with which an operation can be reverted.
    fn named(&mut self, id: &str, target: &RevertTarget) {
        self.outbox.name(id, target);
        if let Some(past) = self.revertible.iter_mut().find(|past| past.id == id) {
            past.target = Some(target.clone());
        }
    }

    fn banned(&mut self, id: &str, banned: v1::CreateBanResponse, now: DateTime<Utc>) {
        let ban = banned.ban.unwrap_or_default();
        let target =
            if ban.batch_id.is_empty() { RevertTarget::Ban(ban.id) } else { RevertTarget::Batch(ban.batch_id) };
        self.named(id, &target);
        let mut count = 0;
        for result in banned.results.into_iter().filter(|result| result.changed) {
            count += 1;
            if let Some(comment) = result.comment {
                self.revise(&comment);
                // Comments that the ban rejected or removed need no decision; the others stay.
                self.held.remove(&comment.id);
            }
        }
        self.report(Message::calm("triage-banned").count("count", count), now);
    }

    fn failed(&mut self, id: &str, operation: &Operation, failure: &Failure, now: DateTime<Utc>) {
        match operation {
            Operation::Decide(request) => {
                let author = self.author_of(id, &request.comment_id);
                if let Some(prior) = &failure.prior {
                    return self.conflict(id, &request.comment_id, &author, prior, now);
                }
                self.forget(id, Some(&request.comment_id));
                self.held.remove(&request.comment_id);
                self.counts.failed += 1;
                let message =
                    Message::alert("triage-decision-failed").name("author", &author).text("why", &failure.message);
                self.report(message, now);
            }
            Operation::Revert { comment, .. } => {
                self.forget(id, Some(comment).filter(|comment| !comment.is_empty()).map(String::as_str));
                if !comment.is_empty() {
                    self.counts.reverted = self.counts.reverted.saturating_sub(1);
                    self.held.remove(comment);
                }
                self.report(Message::alert("triage-not-undone").text("why", &failure.message), now);
            }
            Operation::Ban(_) => {
                self.forget(id, None);
                self.report(Message::alert("triage-ban-failed").text("why", &failure.message), now);
            }
            Operation::Note(_) => {
                self.counts.notes = self.counts.notes.saturating_sub(1);
                self.report(Message::alert("triage-note-failed").text("why", &failure.message), now);
            }
        }
    }

    /// Handles a conflict: the colleague's decision stays, and ours is not counted.
    fn conflict(&mut self, id: &str, comment: &str, author: &str, prior: &PriorDecision, now: DateTime<Utc>) {
        self.forget(id, Some(comment));
        self.held.remove(comment);
        self.counts.conflicts += 1;
        self.report(Message::conflict(author, prior), now);
        // The colleague's decision was reverted or the comment requeued, so it still waits for a decision.
        if prior.status == "PENDING" {
            self.refresh_later(comment);
        }
    }

    fn author_of(&mut self, id: &str, comment: &str) -> String {
        let past = self.revertible.iter().find(|past| past.id == id).and_then(|past| match &past.kind {
            RevertKind::Decision(_, held) => Some(held.comment.author_name.clone()),
            RevertKind::Ban => None,
        });
        past.or_else(|| Some(self.held.get_mut(comment)?.comment.author_name.clone())).unwrap_or_default()
    }
}

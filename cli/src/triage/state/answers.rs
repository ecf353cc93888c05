//! What the service answers to deeds. A conflict is told and counted; the comment on the screen stays where it is.

use chrono::{DateTime, Utc};

use super::{
    super::{
        super::{
            moment, names,
            outcome::{Failure, Outcome, Standing},
        },
        event::{Answer, Trouble},
        message::Message,
        outbox::{Deed, Target},
    },
    State, refusal,
    undo::What,
};
use duyet_proto::v1;

/// A deed on which the service breaks so often is given up.
const MOST_FAULTS: u32 = 5;

impl State {
    pub(super) fn answered(&mut self, id: &str, answer: Result<Answer, Trouble>, now: DateTime<Utc>) {
        match answer {
            Ok(answer) => {
                self.is_back(now);
                if let Some(deed) = self.outbox.answered(id) {
                    self.done(id, &deed, answer, now);
                }
            }
            Err(Trouble::Away { message, is_fault: true, .. }) if self.outbox.tries() >= MOST_FAULTS => {
                // The deeds behind this one must not wait for ever.
                let failure = Failure::new(Outcome::Failed, message);
                self.answered(id, Err(Trouble::Refused(failure)), now);
            }
            Err(trouble @ Trouble::Away { after, .. }) => {
                self.outbox.unanswered(id, after, now);
                let _ = refusal(self, trouble, now);
            }
            Err(trouble) => {
                // Refused for good: a denied deed stays in the outbox and counts as unsent.
                if let Some(failure) = refusal(self, trouble, now)
                    && let Some(deed) = self.outbox.answered(id)
                {
                    self.is_back(now);
                    self.refused(id, &deed, &failure, now);
                }
            }
        }
    }

    fn done(&mut self, id: &str, deed: &Deed, answer: Answer, now: DateTime<Utc>) {
        match answer {
            Answer::Decided(decided) => self.decided(id, *decided, now),
            Answer::Reverted(comment) => self.reverted(comment.as_deref(), now),
            Answer::Lifted(failed) => {
                if failed > 0 {
                    self.report(Message::alert("triage-ban-partly-undone").count("count", failed), now);
                }
            }
            Answer::Banned(banned) => self.banned(id, *banned, now),
            Answer::Noted(note) => {
                if let Deed::Note(request) = deed
                    && let Some(held) = self.hand.get_mut(&request.comment_id)
                {
                    held.case.notes.insert(0, *note);
                }
            }
        }
    }

    fn decided(&mut self, id: &str, decided: v1::DecideResponse, now: DateTime<Utc>) {
        let comment = decided.comment.unwrap_or_default();
        if !decided.changed && decided.decided_by != self.me {
            let standing = Standing {
                status: names::status(comment.status).unwrap_or_default().to_owned(),
                revision: comment.revision,
                decided_by: decided.decided_by,
                decided_at: moment::time(decided.decided_at.as_ref()),
            };
            return self.conflict(id, &comment.id, &comment.author_name, &standing, now);
        }
        let target = Target::Decision(decided.decision_id);
        self.named(id, &target);
    }

    /// The service has a name for a deed, by which it can be taken back.
    fn named(&mut self, id: &str, target: &Target) {
        self.outbox.name(id, target);
        if let Some(past) = self.past.iter_mut().find(|past| past.id == id) {
            past.target = Some(target.clone());
        }
    }

    fn banned(&mut self, id: &str, banned: v1::CreateBanResponse, now: DateTime<Utc>) {
        let ban = banned.ban.unwrap_or_default();
        let target = if ban.batch_id.is_empty() { Target::Ban(ban.id) } else { Target::Batch(ban.batch_id) };
        self.named(id, &target);
        let mut count = 0;
        for result in banned.results.into_iter().filter(|result| result.changed) {
            count += 1;
            if let Some(comment) = result.comment {
                self.revise(&comment);
                // Those are decided now; what was to be decided anyway still is.
                self.hand.remove(&comment.id);
            }
        }
        self.report(Message::calm("triage-banned").count("count", count), now);
    }

    fn refused(&mut self, id: &str, deed: &Deed, failure: &Failure, now: DateTime<Utc>) {
        match deed {
            Deed::Decide(request) => {
                let author = self.author_of(id, &request.comment_id);
                if let Some(standing) = &failure.standing {
                    return self.conflict(id, &request.comment_id, &author, standing, now);
                }
                self.forget(id, Some(&request.comment_id));
                self.hand.remove(&request.comment_id);
                self.tally.refused += 1;
                let message =
                    Message::alert("triage-decision-failed").name("author", &author).text("why", &failure.message);
                self.report(message, now);
            }
            Deed::TakeBack { comment, .. } => {
                self.forget(id, Some(comment).filter(|comment| !comment.is_empty()).map(String::as_str));
                if !comment.is_empty() {
                    self.tally.undone = self.tally.undone.saturating_sub(1);
                    self.hand.remove(comment);
                }
                self.report(Message::alert("triage-not-undone").text("why", &failure.message), now);
            }
            Deed::Ban(_) => {
                self.forget(id, None);
                self.report(Message::alert("triage-ban-failed").text("why", &failure.message), now);
            }
            Deed::Note(_) => {
                self.tally.notes = self.tally.notes.saturating_sub(1);
                self.report(Message::alert("triage-note-failed").text("why", &failure.message), now);
            }
        }
    }

    /// A colleague was first: their verdict stands, and ours is off the count.
    fn conflict(&mut self, id: &str, comment: &str, author: &str, standing: &Standing, now: DateTime<Utc>) {
        self.forget(id, Some(comment));
        self.hand.remove(comment);
        self.tally.conflicts += 1;
        self.report(Message::conflict(author, standing), now);
        // They took their verdict back, or asked for another look: then somebody still has to decide.
        if standing.status == "PENDING" {
            self.look_again(comment);
        }
    }

    /// Whose comment a decision was about, wherever it is now.
    fn author_of(&mut self, id: &str, comment: &str) -> String {
        let past = self.past.iter().find(|past| past.id == id).and_then(|past| match &past.what {
            What::Decision(_, held) => Some(held.comment.author_name.clone()),
            What::Ban => None,
        });
        past.or_else(|| Some(self.hand.get_mut(comment)?.comment.author_name.clone())).unwrap_or_default()
    }
}

//! The way to the service: every effect becomes one call in the background, and its answer an event.

use std::time::Duration;

use chrono::TimeDelta;
use prost::Message as _;
use tokio::{
    sync::mpsc::UnboundedSender,
    time::{sleep, timeout},
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{
    super::{
        connection::{Connection, DEADLINE, streaming},
        outcome::{Failure, Outcome},
    },
    event::{Answer, Claimed, Effect, Event, Trouble},
    outbox::{Deed, Target},
};
use duyet_locale::Locale;
use duyet_proto::v1;

/// Claims end by themselves, so nobody waits long to give them back.
const RELEASE_DEADLINE: Duration = Duration::from_millis(1500);
/// The service says something every 15 s; a stream that is silent for so long is dead.
const WATCH_SILENCE: Duration = Duration::from_secs(45);
/// Between two streams.
const WATCH_PAUSE: Duration = Duration::from_secs(2);

/// Calls the service.
pub(super) struct Link {
    connection: Connection,
    filter: v1::QueueFilter,
    locale: Locale,
    events: UnboundedSender<Event>,
}

impl Link {
    pub(super) const fn new(
        connection: Connection,
        filter: v1::QueueFilter,
        locale: Locale,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self { connection, filter, locale, events }
    }

    /// Begins to tell of comments that change.
    pub(super) fn follow(&self) {
        tokio::spawn(watch(self.connection.clone(), self.filter.clone(), self.events.clone()));
    }

    /// Begins what an effect asks for.
    pub(super) fn perform(&self, effect: Effect) {
        let call = Call { connection: self.connection.clone(), locale: self.locale };
        let filter = self.filter.clone();
        let events = self.events.clone();
        tokio::spawn(async move {
            let event = match effect {
                Effect::Claim(request) => Event::Claimed(call.claim(request).await),
                Effect::Count => Event::Counted(call.count(filter).await),
                Effect::Send { id, deed } => Event::Answered { answer: call.send(deed, id.clone()).await, id },
                Effect::Look(comment_id) => Event::Looked(call.look(comment_id).await),
                Effect::Release(comment_ids) => {
                    let _ = tokio::time::timeout(RELEASE_DEADLINE, call.release(comment_ids)).await;
                    Event::Released
                }
            };
            // The session may be over.
            let _ = events.send(event);
        });
    }
}

/// Tells of comments that change, until the session is over. A stream that ends or fails is opened again; what happened in between
/// is noticed when the service refuses a decision.
async fn watch(mut connection: Connection, filter: v1::QueueFilter, events: UnboundedSender<Event>) {
    loop {
        let request = streaming(v1::WatchQueueRequest { filter: Some(filter.clone()) });
        if let Ok(answer) = connection.moderation.watch_queue(request).await {
            let mut stream = answer.into_inner();
            while let Ok(Ok(Some(message))) = timeout(WATCH_SILENCE, stream.message()).await {
                let waits = message.event() == v1::QueueEvent::Waiting;
                let Some(comment) = message.case.and_then(|case| case.comment) else { continue };
                let changed = Event::Changed { id: comment.id, revision: comment.revision, waits };
                if events.send(changed).is_err() {
                    return;
                }
            }
        }
        sleep(WATCH_PAUSE).await;
    }
}

struct Call {
    connection: Connection,
    locale: Locale,
}

impl Call {
    async fn claim(mut self, request: v1::ClaimNextRequest) -> Result<Claimed, Trouble> {
        let answer = self.connection.moderation.claim_next(request).await;
        let answer = answer.map_err(|status| self.trouble(&status))?.into_inner();
        Ok(Claimed { cases: answer.cases, renewed: answer.renewed })
    }

    async fn count(mut self, filter: v1::QueueFilter) -> Result<i64, Trouble> {
        let request = v1::ListQueueRequest { filter: Some(filter), page_size: 1, ..Default::default() };
        let answer = self.connection.moderation.list_queue(request).await;
        Ok(answer.map_err(|status| self.trouble(&status))?.into_inner().total)
    }

    async fn look(mut self, comment_id: String) -> Result<Option<Box<v1::ReviewCase>>, Trouble> {
        match self.connection.moderation.get_case(v1::GetCaseRequest { comment_id }).await {
            Ok(answer) => Ok(answer.into_inner().case.map(Box::new)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(self.trouble(&status)),
        }
    }

    async fn release(mut self, comment_ids: Vec<String>) -> Result<(), Status> {
        let request = v1::ReleaseClaimsRequest { comment_ids };
        self.connection.moderation.release_claims(request).await.map(drop)
    }

    async fn send(mut self, deed: Deed, id: String) -> Result<Answer, Trouble> {
        let moderation = &mut self.connection.moderation;
        let answer = match deed {
            Deed::Decide(request) => {
                moderation.decide(request).await.map(|answer| Answer::Decided(Box::new(answer.into_inner())))
            }
            Deed::Note(request) => {
                let answer = moderation.add_note(request).await;
                answer.map(|answer| Answer::Noted(Box::new(answer.into_inner().note.unwrap_or_default())))
            }
            Deed::Ban(request) => {
                let answer = self.connection.bans.create_ban(request).await;
                answer.map(|answer| Answer::Banned(Box::new(answer.into_inner())))
            }
            Deed::TakeBack { target, .. } => self.take_back(target, id).await,
        };
        answer.map_err(|status| self.trouble(&status))
    }

    async fn take_back(&mut self, target: Option<Target>, request_id: String) -> Result<Answer, Status> {
        use v1::revert_request::Target as Wire;
        let target = match target {
            Some(Target::Ban(ban_id)) => {
                let request = v1::RevokeBanRequest { ban_id, note: String::new(), request_id };
                return self.connection.bans.revoke_ban(request).await.map(|_| Answer::Lifted(0));
            }
            Some(Target::Decision(id)) => Some(Wire::DecisionId(id)),
            Some(Target::Batch(id)) => Some(Wire::BatchId(id)),
            None => None,
        };
        let is_single = matches!(target, Some(Wire::DecisionId(_)));
        let request = v1::RevertRequest { target, request_id };
        let results = self.connection.moderation.revert(request).await?.into_inner().results;
        if is_single {
            let result = results.into_iter().next().unwrap_or_default();
            return match item_error(&result) {
                Some(status) => Err(status),
                None => Ok(Answer::Reverted(result.comment.map(Box::new))),
            };
        }
        Ok(Answer::Lifted(results.iter().filter(|result| item_error(result).is_some()).count()))
    }

    /// What a failed call means for the session.
    fn trouble(&self, status: &Status) -> Trouble {
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        let mut failure = Failure::from_status(status, self.locale, &self.connection.addr, DEADLINE);
        if failure.message.is_empty() {
            // A proxy, or a service older than this client.
            status.code().description().clone_into(&mut failure.message);
        }
        let is_ours = matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss);
        match failure.outcome {
            Outcome::Unavailable => away(status, failure, false),
            // A fault of the service: the same request is safe to send again.
            Outcome::Failed if is_ours => away(status, failure, true),
            // Some things are denied to this moderator, and others are still allowed.
            Outcome::Denied if reason != "REVERT_DENIED" => Trouble::Denied(failure),
            _ => Trouble::Refused(failure),
        }
    }
}

fn away(status: &Status, failure: Failure, is_fault: bool) -> Trouble {
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let after = after.and_then(|after| TimeDelta::from_std(after).ok());
    Trouble::Away { message: failure.message, after, is_fault }
}

/// The error of one item, as its own call would have answered it.
fn item_error(result: &v1::ItemResult) -> Option<Status> {
    let status = result.status.as_ref().filter(|status| status.code != 0)?;
    let details = status.encode_to_vec();
    Some(Status::with_details(Code::from_i32(status.code), status.message.clone(), details.into()))
}

//! Calls the service. Each effect becomes one call in the background, and each response becomes an event.

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
        exit::{Exit, Failure},
    },
    event::{CallError, ClaimResponse, Effect, Event, OperationResult},
    outbox::{Operation, RevertTarget},
};
use duyet_locale::Locale;
use duyet_proto::v1;

/// Deadline for the release of claims. Unreleased claims expire.
const RELEASE_DEADLINE: Duration = Duration::from_millis(1500);
/// The service sends a heartbeat every 15 s; a stream that is silent for this long is dead.
const WATCH_SILENCE: Duration = Duration::from_secs(45);
/// Pause between two streams.
const WATCH_PAUSE: Duration = Duration::from_secs(2);

/// Executes effects by calls to the service.
pub(super) struct EffectRunner {
    connection: Connection,
    filter: v1::QueueFilter,
    locale: Locale,
    events: UnboundedSender<Event>,
}

impl EffectRunner {
    pub(super) const fn new(
        connection: Connection,
        filter: v1::QueueFilter,
        locale: Locale,
        events: UnboundedSender<Event>,
    ) -> Self {
        Self { connection, filter, locale, events }
    }

    /// Starts reporting changed comments.
    pub(super) fn follow(&self) {
        tokio::spawn(watch(self.connection.clone(), self.filter.clone(), self.events.clone()));
    }

    pub(super) fn perform(&self, effect: Effect) {
        let call = EffectCall { connection: self.connection.clone(), locale: self.locale };
        let filter = self.filter.clone();
        let events = self.events.clone();
        tokio::spawn(async move {
            let event = match effect {
                Effect::Claim(request) => Event::Claimed(call.claim(request).await),
                Effect::Count => Event::Counted(call.count(filter).await),
                Effect::Send { id, operation } => {
                    Event::Answered { answer: call.send(operation, id.clone()).await, id }
                }
                Effect::Refresh(comment_id) => Event::Refreshed(call.get_case(comment_id).await),
                Effect::Release(comment_ids) => {
                    let _ = tokio::time::timeout(RELEASE_DEADLINE, call.release(comment_ids)).await;
                    Event::Released
                }
            };
            // Sending fails if the session is over.
            let _ = events.send(event);
        });
    }
}

/// Reports changed comments until the session is over. Reopens a stream that ended or failed. A change that it missed
/// in between appears as a conflict.
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

struct EffectCall {
    connection: Connection,
    locale: Locale,
}

impl EffectCall {
    async fn claim(mut self, request: v1::ClaimNextRequest) -> Result<ClaimResponse, CallError> {
        let answer = self.connection.moderation.claim_next(request).await;
        let answer = answer.map_err(|status| self.call_error(&status))?.into_inner();
        Ok(ClaimResponse { cases: answer.cases, renewed: answer.renewed })
    }

    async fn count(mut self, filter: v1::QueueFilter) -> Result<i64, CallError> {
        let request = v1::ListQueueRequest { filter: Some(filter), page_size: 1, ..Default::default() };
        let answer = self.connection.moderation.list_queue(request).await;
        Ok(answer.map_err(|status| self.call_error(&status))?.into_inner().total)
    }

    async fn get_case(mut self, comment_id: String) -> Result<Option<Box<v1::ReviewCase>>, CallError> {
        match self.connection.moderation.get_case(v1::GetCaseRequest { comment_id }).await {
            Ok(answer) => Ok(answer.into_inner().case.map(Box::new)),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(self.call_error(&status)),
        }
    }

    async fn release(mut self, comment_ids: Vec<String>) -> Result<(), Status> {
        let request = v1::ReleaseClaimsRequest { comment_ids };
        self.connection.moderation.release_claims(request).await.map(drop)
    }

    async fn send(mut self, operation: Operation, id: String) -> Result<OperationResult, CallError> {
        let moderation = &mut self.connection.moderation;
        let answer = match operation {
            Operation::Decide(request) => {
                moderation.decide(request).await.map(|answer| OperationResult::Decided(Box::new(answer.into_inner())))
            }
            Operation::Note(request) => {
                let answer = moderation.add_note(request).await;
                answer.map(|answer| OperationResult::Noted(Box::new(answer.into_inner().note.unwrap_or_default())))
            }
            Operation::Ban(request) => {
                let answer = self.connection.bans.create_ban(request).await;
                answer.map(|answer| OperationResult::Banned(Box::new(answer.into_inner())))
            }
            Operation::Revert { target, .. } => self.revert(target, id).await,
        };
        answer.map_err(|status| self.call_error(&status))
    }

    async fn revert(&mut self, target: Option<RevertTarget>, request_id: String) -> Result<OperationResult, Status> {
        use v1::revert_request::Target as Wire;
        let target = match target {
            Some(RevertTarget::Ban(ban_id)) => {
                let request = v1::RevokeBanRequest { ban_id, note: String::new(), request_id };
                return self.connection.bans.revoke_ban(request).await.map(|_| OperationResult::BanReverted(0));
            }
            Some(RevertTarget::Decision(id)) => Some(Wire::DecisionId(id)),
            Some(RevertTarget::Batch(id)) => Some(Wire::BatchId(id)),
            None => None,
        };
        let is_single = matches!(target, Some(Wire::DecisionId(_)));
        let request = v1::RevertRequest { target, request_id };
        let results = self.connection.moderation.revert(request).await?.into_inner().results;
        if is_single {
            let result = results.into_iter().next().unwrap_or_default();
            return match item_error(&result) {
                Some(status) => Err(status),
                None => Ok(OperationResult::Reverted(result.comment.map(Box::new))),
            };
        }
        Ok(OperationResult::BanReverted(results.iter().filter(|result| item_error(result).is_some()).count()))
    }

    /// Classifies a failed call by the way that the session must handle it.
    fn call_error(&self, status: &Status) -> CallError {
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        let mut failure = Failure::from_status(status, self.locale, &self.connection.addr, DEADLINE);
        if failure.message.is_empty() {
            // The status has no details if it comes from a proxy or from an older service.
            status.code().description().clone_into(&mut failure.message);
        }
        let is_ours = matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss);
        match failure.exit {
            Exit::Unavailable => away(status, failure, false),
            // After a fault of the service the same request can safely be sent again.
            Exit::Failed if is_ours => away(status, failure, true),
            // A denied revert does not end the session, because other operations are still permitted.
            Exit::Denied if reason != "REVERT_DENIED" => CallError::Denied(failure),
            _ => CallError::Failed(failure),
        }
    }
}

fn away(status: &Status, failure: Failure, is_fault: bool) -> CallError {
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let after = after.and_then(|after| TimeDelta::from_std(after).ok());
    CallError::Unavailable { message: failure.message, after, is_fault }
}

/// Returns the error of one item as the status that a call for this item alone would return.
fn item_error(result: &v1::ItemResult) -> Option<Status> {
    let status = result.status.as_ref().filter(|status| status.code != 0)?;
    let details = status.encode_to_vec();
    Some(Status::with_details(Code::from_i32(status.code), status.message.clone(), details.into()))
}

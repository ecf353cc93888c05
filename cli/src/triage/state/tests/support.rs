//! Helpers of the tests of the state.

use chrono::{DateTime, TimeDelta, Utc};

use crate::triage::{
    event::{CallError, Effect, Event, OperationResult},
    outbox::Operation,
    state::State,
    tests::{busy, case, cases, decided, press},
};
use duyet_proto::v1;

pub(super) fn sent(effects: &[Effect]) -> Vec<(String, Operation)> {
    let operations = effects.iter().filter_map(|effect| match effect {
        Effect::Send { id, operation } => Some((id.clone(), operation.clone())),
        _ => None,
    });
    operations.collect()
}

pub(super) fn decision(effects: &[Effect]) -> v1::DecideRequest {
    match sent(effects).as_slice() {
        [(_, Operation::Decide(request))] => request.clone(),
        other => panic!("one decision was expected: {other:?}"),
    }
}

pub(super) fn claim(effects: &[Effect]) -> Option<v1::ClaimNextRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Claim(request) => Some(request.clone()),
        _ => None,
    })
}

pub(super) fn answer(
    state: &mut State,
    id: &str,
    answer: Result<OperationResult, CallError>,
    now: DateTime<Utc>,
) -> Vec<Effect> {
    state.update(Event::Answered { id: id.to_owned(), answer }, now)
}

pub(super) fn said(state: &State) -> &'static str {
    state.message.as_ref().map_or("", |message| message.key)
}

pub(super) fn reverted(id: &str, revision: i64) -> OperationResult {
    let status = v1::CommentStatus::Pending.into();
    OperationResult::Reverted(Some(Box::new(v1::Comment { id: id.into(), revision, status, ..Default::default() })))
}

/// Returns a session in which c0 was decided, and the id of its revert in flight.
pub(super) fn reverting() -> (State, String, DateTime<Utc>) {
    let (mut state, now) = busy(cases(0..10));
    let request = decision(&press(&mut state, "a", now));
    answer(&mut state, &request.request_id, Ok(decided(&request)), now);
    let id = sent(&press(&mut state, "u", now))[0].0.clone();
    (state, id, now)
}

pub(super) fn shown(state: &State) -> (&str, bool, &'static str) {
    let held = state.held.current().unwrap();
    (&held.comment.id, held.lost, said(state))
}

pub(super) fn after(now: DateTime<Utc>, milliseconds: i64) -> DateTime<Utc> {
    now + TimeDelta::milliseconds(milliseconds)
}

pub(super) fn returned(number: usize) -> Box<v1::ReviewCase> {
    let mut case = case(number, "Nội dung mới");
    case.comment.as_mut().unwrap().revision = 3;
    Box::new(case)
}

pub(super) fn change(state: &mut State, id: &str, revision: i64, now: DateTime<Utc>) -> Vec<Effect> {
    state.update(Event::Changed { id: id.into(), revision, waits: true }, now)
}

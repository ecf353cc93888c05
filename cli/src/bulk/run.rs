//! The deed itself: batches of comments, each with its own results.

use std::time::Duration;

use tonic::{Code, Status};
use uuid::Uuid;

use super::select::{Found, Match};
use crate::{
    args::BulkArgs,
    connection::Connection,
    desk::Desk,
    items::{self, Item},
    json, names,
    outcome::{Failure, Outcome},
};
use duyet_proto::v1;

/// The service takes no more at once.
const BATCH: usize = 500;
/// An answer that was lost is asked for again, so many times. The request's id sees to it that nothing is done twice.
const RESENDS: u64 = 2;

/// Decides all of it, batch by batch. When the service refuses or is gone the rest is not tried.
pub(super) async fn decide(
    desk: &Desk<'_>,
    connection: &mut Connection,
    args: &BulkArgs,
    found: Found,
) -> Result<Outcome, Failure> {
    let action = v1::Action::from(args.verb);
    let (mut items, mut batch_ids, mut worst) = (vec![], vec![], Outcome::Done);
    for batch in found.matches.chunks(BATCH) {
        match send(connection, request(args, action, batch)).await {
            Ok(answer) => {
                let new = answer.results.into_iter().map(|item| Item::new(desk, connection, item)).collect::<Vec<_>>();
                for item in &new {
                    item.complain(desk);
                }
                batch_ids.extend(Some(answer.batch_id).filter(|_| new.iter().any(|item| item.changed)));
                items.extend(new);
            }
            Err(status) => {
                let failure = desk.failure(connection, &status);
                desk.output.complain(&failure.message);
                worst = failure.outcome;
                break;
            }
        }
    }
    let outcome = worst.max(items::worst(&items));
    let not_tried = found.matches.get(items.len()..).unwrap_or_default();
    let count = |wanted: fn(&Item) -> bool| items.iter().filter(|item| wanted(item)).count();
    let mut report = json::Bulk {
        action: names::action(action),
        dry_run: false,
        matched: found.matches.len(),
        more: found.more,
        changed: count(|item| item.changed),
        unchanged: count(|item| item.outcome == Outcome::Done && !item.changed),
        failed: count(|item| item.outcome != Outcome::Done),
        not_tried: not_tried.len(),
        batch_ids,
        results: vec![],
    };
    let skipped = not_tried.iter().map(|one| json::ItemResult { result: "not_tried", ..super::matched(one) });
    report.results = items.into_iter().map(|item| item.result).chain(skipped).collect();
    tell(desk, &report)?;
    Ok(outcome)
}

fn request(args: &BulkArgs, action: v1::Action, batch: &[Match]) -> v1::BulkDecideRequest {
    let item = |one: &Match| v1::BulkItem { comment_id: one.id.clone(), expected_revision: one.revision };
    v1::BulkDecideRequest {
        items: batch.iter().map(item).collect(),
        action: action.into(),
        reason: args.reason.map_or(v1::Reason::Unspecified, v1::Reason::from).into(),
        note: args.note.clone().unwrap_or_default(),
        request_id: Uuid::new_v4().to_string(),
    }
}

async fn send(connection: &mut Connection, request: v1::BulkDecideRequest) -> Result<v1::BulkDecideResponse, Status> {
    let mut tries = 0;
    loop {
        match connection.moderation.bulk_decide(request.clone()).await {
            Err(status) if tries < RESENDS && is_lost(&status) => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(tries)).await;
            }
            answer => return answer.map(tonic::Response::into_inner),
        }
    }
}

/// True when it may have been done all the same.
fn is_lost(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
}

fn tell(desk: &Desk<'_>, report: &json::Bulk) -> Result<(), Failure> {
    if desk.output.json {
        return desk.output.json(report);
    }
    let values = [
        ("action", report.action.into()),
        ("changed", report.changed.into()),
        ("unchanged", report.unchanged.into()),
        ("failed", report.failed.into()),
    ];
    desk.output.data(&desk.locale.text_with("cli-bulk-done", &values))?;
    for batch in &report.batch_ids {
        desk.output.data(&desk.locale.text_with("cli-undo-batch", &[("batch", batch.as_str().into())]))?;
    }
    if report.not_tried > 0 {
        desk.output.complain(&desk.locale.text_with("cli-not-tried", &[("count", report.not_tried.into())]));
    }
    if report.more {
        desk.talk("cli-bulk-again", &[]);
    }
    Ok(())
}

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
    names,
    outcome::{Failure, Outcome},
};
use duyet_proto::{Json, v1};

/// The service takes no more at once.
pub(super) const BATCH: usize = 500;
/// An answer that was lost is asked for again, so many times. The request's id sees to it that nothing is done twice.
const RESENDS: u64 = 2;

/// Decides all of it, batch by batch. When the service refuses or is gone the rest is not tried.
pub(super) async fn decide(
    desk: &Desk<'_>,
    connection: &mut Connection,
    args: &BulkArgs,
    found: Found,
) -> Result<Outcome, Failure> {
    let mut tally = Tally::default();
    let mut worst = Outcome::Done;
    for batch in found.matches.chunks(BATCH) {
        match send(connection, request(args, batch)).await {
            Ok(answer) => {
                let items = items::read(desk, connection, &answer.results);
                worst = worst.max(items::worst(&items));
                tally.add(&answer.batch_id, &items);
                if desk.output.json {
                    desk.output.json_line(&Json::new(&answer))?;
                } else {
                    for item in &items {
                        item.complain(desk);
                    }
                }
            }
            Err(status) => {
                let failure = desk.failure(connection, &status);
                desk.output.report(&failure);
                worst = worst.max(failure.outcome);
                break;
            }
        }
    }
    tell(desk, args, &found, &tally)?;
    Ok(worst)
}

/// What came of all batches.
#[derive(Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    failed: usize,
    /// For `undo --batch`.
    batch_ids: Vec<String>,
}

impl Tally {
    fn add(&mut self, batch_id: &str, items: &[Item<'_>]) {
        let changed = items.iter().filter(|item| item.is_changed()).count();
        let failed = items.iter().filter(|item| item.failure.is_some()).count();
        self.changed += changed;
        self.failed += failed;
        self.unchanged += items.len() - changed - failed;
        self.batch_ids.extend(Some(batch_id.to_owned()).filter(|_| changed > 0));
    }
}

/// One batch's request.
pub(super) fn request(args: &BulkArgs, batch: &[Match]) -> v1::BulkDecideRequest {
    let item = |one: &Match| v1::BulkItem { comment_id: one.id.clone(), expected_revision: one.revision };
    v1::BulkDecideRequest {
        items: batch.iter().map(item).collect(),
        action: v1::Action::from(args.verb).into(),
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

fn tell(desk: &Desk<'_>, args: &BulkArgs, found: &Found, tally: &Tally) -> Result<(), Failure> {
    let &Tally { changed, unchanged, failed, .. } = tally;
    if !desk.output.json {
        let values = [
            ("action", names::action(args.verb.into()).into()),
            ("changed", changed.into()),
            ("unchanged", unchanged.into()),
            ("failed", failed.into()),
        ];
        desk.output.data(&desk.locale.text_with("cli-bulk-done", &values))?;
        for batch in &tally.batch_ids {
            desk.output.data(&desk.locale.text_with("cli-undo-batch", &[("batch", batch.as_str().into())]))?;
        }
    }
    let not_tried = found.matches.len().saturating_sub(changed + unchanged + failed);
    if not_tried > 0 {
        desk.output.complain(&desk.locale.text_with("cli-not-tried", &[("count", not_tried.into())]));
    }
    if found.more {
        desk.talk("cli-bulk-again", &[]);
    }
    Ok(())
}

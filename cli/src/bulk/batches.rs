//! Decides the selected comments in batches, each with its own results.

use std::time::Duration;

use tonic::{Code, Status};
use uuid::Uuid;

use super::select::{Match, Selection};
use crate::{
    args::BulkArgs,
    connection::Connection,
    context::Context,
    exit::{Exit, Failure},
    items::{self, Item},
    names,
};
use duyet_proto::{Json, v1};

/// Largest batch that the service accepts.
pub(super) const BATCH: usize = 500;
/// Largest number of resends of a batch whose response was lost. The request id is the idempotency key.
const RESENDS: u64 = 2;

/// Decides batch by batch. Stops at the first call that fails.
pub(super) async fn decide(
    context: &Context<'_>,
    connection: &mut Connection,
    args: &BulkArgs,
    found: Selection,
) -> Result<Exit, Failure> {
    let mut counts = BulkCounts::default();
    let mut worst = Exit::Done;
    for batch in found.matches.chunks(BATCH) {
        match send(connection, request(args, batch)).await {
            Ok(answer) => {
                let items = items::read(context, connection, &answer.results);
                worst = worst.max(items::worst(&items));
                counts.add(&answer.batch_id, &items);
                if context.output.json {
                    context.output.json_line(&Json::new(&answer))?;
                } else {
                    for item in &items {
                        item.complain(context);
                    }
                }
            }
            Err(status) => {
                let failure = context.failure(connection, &status);
                context.output.report(&failure);
                worst = worst.max(failure.exit);
                break;
            }
        }
    }
    print_summary(context, args, &found, &counts)?;
    Ok(worst)
}

/// The counts over all batches.
#[derive(Default)]
struct BulkCounts {
    changed: usize,
    unchanged: usize,
    failed: usize,
    /// The ids for `undo --batch`.
    batch_ids: Vec<String>,
}

impl BulkCounts {
    fn add(&mut self, batch_id: &str, items: &[Item<'_>]) {
        let changed = items.iter().filter(|item| item.is_changed()).count();
        let failed = items.iter().filter(|item| item.failure.is_some()).count();
        self.changed += changed;
        self.failed += failed;
        self.unchanged += items.len() - changed - failed;
        self.batch_ids.extend(Some(batch_id.to_owned()).filter(|_| changed > 0));
    }
}

pub(super) fn request(args: &BulkArgs, batch: &[Match]) -> v1::BulkDecideRequest {
    let item = |one: &Match| v1::BulkItem { comment_id: one.id.clone(), expected_revision: one.revision };
    v1::BulkDecideRequest {
        items: batch.iter().map(item).collect(),
        action: v1::Action::from(args.verb).into(),
        reason: args.reason.unwrap_or_default().into(),
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

/// Returns whether the call may have taken effect despite the error.
fn is_lost(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
}

fn print_summary(
    context: &Context<'_>,
    args: &BulkArgs,
    found: &Selection,
    counts: &BulkCounts,
) -> Result<(), Failure> {
    let &BulkCounts { changed, unchanged, failed, .. } = counts;
    if !context.output.json {
        let values = [
            ("action", names::action(args.verb.into()).into()),
            ("changed", changed.into()),
            ("unchanged", unchanged.into()),
            ("failed", failed.into()),
        ];
        context.output.data(&context.locale.text_with("cli-bulk-done", &values))?;
        for batch in &counts.batch_ids {
            context.output.data(&context.locale.text_with("cli-undo-batch", &[("batch", batch.as_str().into())]))?;
        }
    }
    let not_tried = found.matches.len().saturating_sub(changed + unchanged + failed);
    if not_tried > 0 {
        context.output.complain(&context.locale.text_with("cli-not-tried", &[("count", not_tried.into())]));
    }
    if found.more {
        context.talk("cli-bulk-again", &[]);
    }
    Ok(())
}

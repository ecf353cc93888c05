//! `duyet approve`, `reject`, `spam` and `requeue`: one decision on one or more comments, each reported on its own.

use serde::Serialize;
use tonic::Status;
use uuid::Uuid;

use super::{
    args::{ApproveArgs, RejectArgs, SpamArgs, Target},
    connection::Connection,
    desk::Desk,
    json::{self, Standing},
    names,
    outcome::{Failure, Outcome, local_time},
    sanitize,
};
use crate::proto::v1;

/// One decision for several comments.
pub(super) struct Orders {
    target: Target,
    action: v1::Action,
    reason: v1::Reason,
    note: String,
}

/// What became of one comment, as `--json` tells it.
#[derive(Debug, Serialize)]
struct Report {
    comment_id: String,
    result: &'static str,
    status: Option<&'static str>,
    revision: Option<i64>,
    decision_id: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<String>,
    /// What went wrong, for people.
    message: Option<String>,
    /// Who was first, on a conflict.
    conflict: Option<Box<Standing>>,
}

#[derive(Debug, Serialize)]
struct Reports {
    results: Vec<Report>,
}

impl From<ApproveArgs> for Orders {
    fn from(args: ApproveArgs) -> Self {
        Self::new(args.target, v1::Action::Approve, v1::Reason::Unspecified, args.note)
    }
}

impl From<RejectArgs> for Orders {
    fn from(args: RejectArgs) -> Self {
        Self::new(args.target, v1::Action::Reject, args.reason.into(), args.note)
    }
}

impl From<SpamArgs> for Orders {
    fn from(args: SpamArgs) -> Self {
        let reason = args.reason.map_or(v1::Reason::Unspecified, v1::Reason::from);
        Self::new(args.target, v1::Action::Spam, reason, args.note)
    }
}

impl Orders {
    pub(super) fn requeue(args: ApproveArgs) -> Self {
        Self::new(args.target, v1::Action::Requeue, v1::Reason::Unspecified, args.note)
    }

    fn new(target: Target, action: v1::Action, reason: v1::Reason, note: Option<String>) -> Self {
        Self { target, action, reason, note: note.unwrap_or_default() }
    }
}

/// Runs the decision on every comment. A conflict is told and the next comment taken; when the service refuses or is gone the
/// rest is not tried.
pub(super) async fn run(desk: &Desk<'_>, orders: Orders) -> Result<Outcome, Failure> {
    let ids = &orders.target.ids;
    if orders.target.revision.is_some() && ids.len() > 1 {
        return Err(Failure::new(Outcome::Usage, desk.locale.text("cli-one-revision")));
    }
    let mut connection = desk.connect().await?;
    let mut worst = Outcome::Done;
    let mut results = vec![];
    for id in ids {
        let answer = decide(&mut connection, &orders, *id).await;
        let answer = answer.map_err(|status| desk.failure(&connection, &status));
        let outcome = answer.as_ref().err().map_or(Outcome::Done, |failure| failure.outcome);
        worst = worst.max(outcome);
        tell(desk, *id, &answer)?;
        results.push(Report::new(*id, answer));
        if matches!(outcome, Outcome::Denied | Outcome::Unavailable) {
            break;
        }
    }
    let missed = ids.get(results.len()..).unwrap_or_default();
    if !missed.is_empty() {
        desk.output.complain(&desk.locale.text_with("cli-not-tried", &[("count", missed.len().into())]));
        results.extend(missed.iter().map(|id| Report::not_tried(*id)));
    }
    if desk.output.json {
        desk.output.json(&Reports { results })?;
    }
    Ok(worst)
}

async fn decide(connection: &mut Connection, orders: &Orders, id: Uuid) -> Result<v1::DecideResponse, Status> {
    let expected_revision = match orders.target.revision {
        Some(revision) => revision,
        None => seen_revision(connection, orders.action, id).await?,
    };
    let request = v1::DecideRequest {
        comment_id: id.to_string(),
        action: orders.action.into(),
        expected_revision,
        reason: orders.reason.into(),
        note: orders.note.clone(),
        request_id: Uuid::new_v4().to_string(),
    };
    Ok(connection.moderation.decide(request).await?.into_inner())
}

/// The revision that a moderator who names none can have seen: as it came into the queue. Behind a colleague's decision, that
/// is the one before it, so the service tells who was first instead of overwriting them. Requeueing is about decided
/// comments, and takes the current one.
async fn seen_revision(connection: &mut Connection, action: v1::Action, id: Uuid) -> Result<i64, Status> {
    let request = v1::GetCaseRequest { comment_id: id.to_string() };
    let case = connection.moderation.get_case(request).await?.into_inner().case.unwrap_or_default();
    let decided = !case.decisions.is_empty() && action != v1::Action::Requeue;
    let comment = case.comment.unwrap_or_default();
    let waits = comment.status() == v1::CommentStatus::Pending;
    Ok(if decided && !waits { (comment.revision - 1).max(1) } else { comment.revision })
}

/// Says it at once, as a long list takes a while.
fn tell(desk: &Desk<'_>, id: Uuid, answer: &Result<v1::DecideResponse, Failure>) -> Result<(), Failure> {
    match answer {
        Ok(_) if desk.output.json => Ok(()),
        Ok(decided) => desk.output.data(&sentence(desk, id, decided)),
        Err(failure) => {
            desk.output.complain(&format!("{id}: {}", failure.message));
            if let Some(standing) = &failure.standing {
                desk.output.talk(&desk.locale.text_with("cli-overrule", &[("revision", standing.revision.into())]));
            }
            Ok(())
        }
    }
}

fn sentence(desk: &Desk<'_>, id: Uuid, decided: &v1::DecideResponse) -> String {
    let status = decided.comment.as_ref().and_then(|comment| names::status(comment.status));
    let status = status.map(|name| names::words(desk.locale, "status", name)).unwrap_or_default();
    let key = if decided.changed { "cli-decided" } else { "cli-already" };
    let at = json::time(decided.decided_at.as_ref()).map(|at| local_time(at, desk.locale)).unwrap_or_default();
    let values = [
        ("id", id.to_string().into()),
        ("status", status.into()),
        ("actor", sanitize::line(&decided.decided_by).into()),
        ("at", at.into()),
    ];
    desk.locale.text_with(key, &values)
}

impl Report {
    fn new(id: Uuid, answer: Result<v1::DecideResponse, Failure>) -> Self {
        let report = Self::not_tried(id);
        match answer {
            Ok(decided) => Self {
                result: if decided.changed { "changed" } else { "already" },
                status: decided.comment.as_ref().and_then(|comment| names::status(comment.status)),
                revision: decided.comment.as_ref().map(|comment| comment.revision),
                decided_at: json::rfc3339(decided.decided_at.as_ref()),
                decision_id: json::present(decided.decision_id),
                decided_by: json::present(decided.decided_by),
                ..report
            },
            Err(failure) => Self {
                result: failure.outcome.name(),
                message: Some(failure.message),
                conflict: failure.standing,
                ..report
            },
        }
    }

    fn not_tried(id: Uuid) -> Self {
        Self {
            comment_id: id.to_string(),
            result: "not_tried",
            status: None,
            revision: None,
            decision_id: None,
            decided_by: None,
            decided_at: None,
            message: None,
            conflict: None,
        }
    }
}

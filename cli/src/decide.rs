//! `duyet approve`, `reject`, `spam` and `requeue`: one decision on one or more comments, with a result for each.

use tonic::Status;
use uuid::Uuid;

use super::{
    args::{ApproveArgs, CommentArgs, RejectArgs, SpamArgs},
    connection::Connection,
    context::Context,
    exit::{Exit, Failure, local_time},
    moment, names, sanitize,
};
use duyet_proto::{Json, v1};

/// One decision on several comments.
pub(super) struct DecideCommand {
    target: CommentArgs,
    action: v1::Action,
    reason: v1::Reason,
    note: String,
}

impl From<ApproveArgs> for DecideCommand {
    fn from(args: ApproveArgs) -> Self {
        Self::new(args.target, v1::Action::Approve, v1::Reason::Unspecified, args.note)
    }
}

impl From<RejectArgs> for DecideCommand {
    fn from(args: RejectArgs) -> Self {
        Self::new(args.target, v1::Action::Reject, args.reason, args.note)
    }
}

impl From<SpamArgs> for DecideCommand {
    fn from(args: SpamArgs) -> Self {
        Self::new(args.target, v1::Action::Spam, args.reason.unwrap_or_default(), args.note)
    }
}

impl DecideCommand {
    pub(super) fn requeue(args: ApproveArgs) -> Self {
        Self::new(args.target, v1::Action::Requeue, v1::Reason::Unspecified, args.note)
    }

    fn new(target: CommentArgs, action: v1::Action, reason: v1::Reason, note: Option<String>) -> Self {
        Self { target, action, reason, note: note.unwrap_or_default() }
    }
}

/// Decides the comments one by one. A conflict does not prevent the decisions on the next comments. The command stops
/// if a call is denied or the service is unavailable.
pub(super) async fn run(context: &Context<'_>, command: DecideCommand) -> Result<Exit, Failure> {
    let ids = &command.target.ids;
    if command.target.revision.is_some() && ids.len() > 1 {
        return Err(Failure::new(Exit::Usage, context.locale.text("cli-one-revision")));
    }
    let mut connection = context.connect().await?;
    let mut worst = Exit::Done;
    for (index, id) in ids.iter().enumerate() {
        let answer = decide(&mut connection, &command, *id).await;
        let answer = answer.map_err(|status| context.failure(&connection, &status));
        let exit = answer.as_ref().err().map_or(Exit::Done, |failure| failure.exit);
        worst = worst.max(exit);
        print(context, *id, answer)?;
        let missed = ids.len() - index - 1;
        if matches!(exit, Exit::Denied | Exit::Unavailable) && missed > 0 {
            context.output.complain(&context.locale.text_with("cli-not-tried", &[("count", missed.into())]));
            break;
        }
    }
    Ok(worst)
}

async fn decide(connection: &mut Connection, command: &DecideCommand, id: Uuid) -> Result<v1::DecideResponse, Status> {
    let expected_revision = match command.target.revision {
        Some(revision) => revision,
        None => seen_revision(connection, command.action, id).await?,
    };
    let request = v1::DecideRequest {
        comment_id: id.to_string(),
        action: command.action.into(),
        expected_revision,
        reason: command.reason.into(),
        note: command.note.clone(),
        request_id: Uuid::new_v4().to_string(),
    };
    Ok(connection.moderation.decide(request).await?.into_inner())
}

/// Returns the revision to expect if the moderator names none: the one at which the comment entered the queue. After a
/// colleague's decision this is the revision before the decision, so the service reports the conflict. A comment with
/// open reports or a takedown entered the queue at its current revision. A requeue applies to decided comments, so it
/// uses the current revision.
async fn seen_revision(connection: &mut Connection, action: v1::Action, id: Uuid) -> Result<i64, Status> {
    let request = v1::GetCaseRequest { comment_id: id.to_string() };
    let case = connection.moderation.get_case(request).await?.into_inner().case.unwrap_or_default();
    Ok(queued_revision(&case, action))
}

fn queued_revision(case: &v1::ReviewCase, action: v1::Action) -> i64 {
    let comment = case.comment.clone().unwrap_or_default();
    let asked_again = case.reports.as_ref().is_some_and(|reports| reports.open > 0) || case.takedown.is_some();
    let waits = comment.status() == v1::CommentStatus::Pending || asked_again;
    let decided = case.decisions.iter().any(|entry| entry.to_status != 0);
    let as_it_is = waits || !decided || action == v1::Action::Requeue;
    if as_it_is { comment.revision } else { (comment.revision - 1).max(1) }
}

/// Prints one result immediately, because a long list takes time.
fn print(context: &Context<'_>, id: Uuid, answer: Result<v1::DecideResponse, Failure>) -> Result<(), Failure> {
    match answer {
        Ok(decided) if context.output.json => context.output.json_line(&Json::new(&decided)),
        Ok(decided) => context.output.data(&sentence(context, id, &decided)),
        Err(failure) => {
            let failure = Failure { message: format!("{id}: {}", failure.message), ..failure };
            context.output.report(&failure);
            if let Some(prior) = &failure.prior {
                context.output.talk(
                    &context.locale.text_with("cli-overrule", &[("revision", prior.revision.to_string().into())]),
                );
            }
            Ok(())
        }
    }
}

fn sentence(context: &Context<'_>, id: Uuid, decided: &v1::DecideResponse) -> String {
    let status = decided.comment.as_ref().and_then(|comment| names::status(comment.status));
    let status = status.map(|name| names::words(context.locale, "status", name)).unwrap_or_default();
    let key = if decided.changed { "cli-decided" } else { "cli-already" };
    let at = moment::time(decided.decided_at.as_ref()).map(|at| local_time(at, context.locale)).unwrap_or_default();
    let values = [
        ("id", id.to_string().into()),
        ("status", status.into()),
        ("actor", sanitize::line(&decided.decided_by).into()),
        ("at", at.into()),
    ];
    context.locale.text_with(key, &values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(status: v1::CommentStatus) -> v1::ReviewCase {
        let comment = v1::Comment { status: status.into(), revision: 2, ..Default::default() };
        let decision = v1::AuditEntry { to_status: status.into(), ..Default::default() };
        v1::ReviewCase { comment: Some(comment), decisions: vec![decision], ..Default::default() }
    }

    #[test]
    fn after_a_colleagues_decision_the_revision_before_it_is_expected() {
        use v1::{
            Action,
            CommentStatus::{Approved, Pending},
        };
        assert_eq!(queued_revision(&case(Approved), Action::Reject), 1);
        assert_eq!(queued_revision(&case(Approved), Action::Requeue), 2);
        assert_eq!(queued_revision(&case(Pending), Action::Reject), 2);
    }

    #[test]
    fn reported_and_escalated_comments_are_expected_at_their_current_revision() {
        let reported = v1::ReviewCase {
            reports: Some(v1::Reports { open: 3, total: 3, ..Default::default() }),
            ..case(v1::CommentStatus::Approved)
        };
        let demanded = v1::ReviewCase { takedown: Some(v1::Takedown::default()), ..case(v1::CommentStatus::Approved) };
        for case in [reported, demanded] {
            assert_eq!(queued_revision(&case, v1::Action::Approve), 2);
            assert_eq!(queued_revision(&case, v1::Action::Reject), 2);
        }
    }
}

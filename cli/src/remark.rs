//! `duyet note`, `escalate` and `reveal`: notes, takedowns and sender look-ups for one comment.

use uuid::Uuid;

use super::{
    age,
    args::{EscalateArgs, NoteArgs, RevealArgs},
    context::Context,
    exit::{Exit, Failure, local_time},
    facts, moment, names, sanitize,
};
use duyet_proto::{Json, v1};

pub(super) async fn note(context: &Context<'_>, args: NoteArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let comment_id = args.id.to_string();
    let request_id = Uuid::new_v4().to_string();
    let request = v1::AddNoteRequest { comment_id: comment_id.clone(), text: args.text, request_id };
    let answer = connection.moderation.add_note(request).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?;
    if context.output.json {
        context.output.json(&Json::new(answer.get_ref()))?;
    } else {
        context.output.data(&context.locale.text_with("cli-noted", &[("id", comment_id.into())]))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn escalate(context: &Context<'_>, args: EscalateArgs) -> Result<Exit, Failure> {
    let due = context.end(args.due, args.term)?;
    let mut connection = context.connect().await?;
    let comment_id = args.id.to_string();
    let request = v1::EscalateRequest {
        comment_id: comment_id.clone(),
        kind: v1::TakedownKind::from(args.demand).into(),
        due_at: due.map(moment::stamp),
        note: args.note.unwrap_or_default(),
        request_id: Uuid::new_v4().to_string(),
    };
    let answer = connection.moderation.escalate(request).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(Exit::Done);
    }
    let takedown = answer.takedown.unwrap_or_default();
    let kind = names::takedown(takedown.kind).map(|name| names::words(context.locale, "takedown", name));
    let due = moment::time(takedown.due_at.as_ref());
    let left = due.map(|at| age::until(at, context.locale, context.now)).unwrap_or_default();
    let values = [
        ("id", comment_id.into()),
        ("kind", kind.unwrap_or_default().into()),
        ("at", due.map(|at| local_time(at, context.locale)).unwrap_or_default().into()),
        ("left", left.into()),
    ];
    context.output.data(&context.locale.text_with("cli-escalated", &values))?;
    Ok(Exit::Done)
}

pub(super) async fn reveal(context: &Context<'_>, args: RevealArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let comment_id = args.id.to_string();
    let request_id = Uuid::new_v4().to_string();
    let request = v1::RevealSenderRequest { comment_id: comment_id.clone(), note: args.note, request_id };
    let answer = connection.privacy.reveal_sender(request).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(Exit::Done);
    }
    let sent = moment::time(answer.created_at.as_ref()).map(|at| local_time(at, context.locale)).unwrap_or_default();
    let shown = |hash: &str| {
        if hash.is_empty() { context.locale.text("cli-unknown") } else { sanitize::line(hash) }
    };
    let facts = [
        ("id", comment_id),
        ("sent", sent),
        ("device", shown(&answer.device)),
        ("address", shown(&answer.address)),
        ("ip-prefix", shown(&answer.ip_prefix)),
        ("author-key", shown(&answer.author)),
        ("fingerprint", shown(&answer.fingerprint)),
    ];
    context.output.data(&facts::list(&facts, context.locale))?;
    context.talk("cli-revealed", &[("id", sanitize::line(&answer.audit_id).into())]);
    Ok(Exit::Done)
}

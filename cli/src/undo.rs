//! `duyet undo`: reverts a decision, a ban or a batch, except where the comment changed since.

use uuid::Uuid;

use super::{
    args::UndoArgs,
    context::Context,
    exit::{Exit, Failure},
    items::{self, Item},
    names, sanitize,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

pub(super) async fn run(context: &Context<'_>, args: UndoArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let request = v1::RevertRequest { target: Some(target(&args)), request_id: Uuid::new_v4().to_string() };
    let answer = connection.moderation.revert(request).await;
    let answer = answer.map_err(|status| {
        let failure = context.failure(&connection, &status);
        if failure.exit == Exit::NotFound && args.reverted_entry.is_some() && !args.as_batch {
            context.talk("cli-undo-perhaps-batch", &[]);
        }
        failure
    })?;
    let answer = answer.into_inner();
    let mut reverted = items::read(context, &connection, &answer.results);
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
    } else {
        for item in &mut reverted {
            explain(item, context.locale);
        }
        print(context, &reverted)?;
    }
    Ok(items::worst(&reverted))
}

fn target(args: &UndoArgs) -> v1::revert_request::Target {
    use v1::revert_request::Target;
    match args.reverted_entry {
        Some(id) if args.as_batch => Target::BatchId(id.to_string()),
        Some(id) => Target::DecisionId(id.to_string()),
        None => Target::Last(true),
    }
}

/// Rewords a conflict: a colleague decided later, and that decision stays.
fn explain(item: &mut Item<'_>, locale: Locale) {
    let Some(failure) = &mut item.failure else { return };
    let Some(prior) = &failure.prior else { return };
    let status = names::words(locale, "status", &prior.status);
    let values = [("actor", sanitize::line(&prior.decided_by).into()), ("status", sanitize::line(&status).into())];
    failure.message = locale.text_with("cli-undo-conflict", &values);
}

fn print(context: &Context<'_>, items: &[Item<'_>]) -> Result<(), Failure> {
    for item in items {
        if item.failure.is_some() {
            item.complain(context);
        } else {
            context.output.data(&sentence(item, context.locale))?;
        }
    }
    if items.is_empty() {
        context.talk("cli-undo-nothing", &[]);
    } else if items.len() > 1 {
        let reverted = items.iter().filter(|item| item.is_changed()).count();
        context.talk("cli-undo-count", &[("count", reverted.into()), ("total", items.len().into())]);
    }
    Ok(())
}

fn sentence(item: &Item<'_>, locale: Locale) -> String {
    let status = item.result.comment.as_ref().and_then(|comment| names::status(comment.status));
    let status = status.map(|name| names::words(locale, "status", name)).unwrap_or_default();
    let key = match (item.result.ban_id.is_empty(), item.is_changed()) {
        (_, false) => "cli-undone-already",
        (false, true) => "cli-undone-ban",
        (true, true) => "cli-undone",
    };
    locale.text_with(key, &[("id", sanitize::line(item.id()).into()), ("status", status.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::PriorDecision;

    #[test]
    fn the_target_is_the_last_entry_one_entry_or_a_batch() {
        use v1::revert_request::Target;
        let id = Uuid::nil();
        let of = |reverted_entry, as_batch| target(&UndoArgs { reverted_entry, as_batch });
        assert_eq!(of(None, false), Target::Last(true));
        assert_eq!(of(Some(id), false), Target::DecisionId(id.to_string()));
        assert_eq!(of(Some(id), true), Target::BatchId(id.to_string()));
    }

    #[test]
    fn a_conflict_names_the_later_moderator_and_a_success_the_status() {
        let prior =
            PriorDecision { status: "SPAM".into(), revision: 3, decided_by: "lan".into(), ..Default::default() };
        let failure = Failure { prior: Some(Box::new(prior)), ..Failure::new(Exit::Conflict, "") };
        let comment = v1::Comment { status: v1::CommentStatus::Pending.into(), ..Default::default() };
        let result =
            v1::ItemResult { comment_id: "ma".into(), comment: Some(comment), changed: true, ..Default::default() };
        let mut conflict = Item { result: &result, failure: Some(failure) };
        explain(&mut conflict, Locale::En);
        assert_eq!(conflict.failure.unwrap().message, "lan moved it to “spam” since then, so it stays as it is.");
        assert_eq!(sentence(&Item { result: &result, failure: None }, Locale::Vi), "ma: trở lại “chờ duyệt”");
        let ban = v1::ItemResult { ban_id: "lenh".into(), changed: true, ..Default::default() };
        assert_eq!(sentence(&Item { result: &ban, failure: None }, Locale::En), "Ban lenh: reverted");
    }
}

//! `duyet undo`: takes a deed back, where nothing happened since.

use uuid::Uuid;

use super::{
    args::UndoArgs,
    desk::Desk,
    items::{self, Item},
    names,
    outcome::{Failure, Outcome},
    sanitize,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

/// Runs `undo`.
pub(super) async fn run(desk: &Desk<'_>, args: UndoArgs) -> Result<Outcome, Failure> {
    let mut connection = desk.connect().await?;
    let request = v1::RevertRequest { target: Some(target(&args)), request_id: Uuid::new_v4().to_string() };
    let answer = connection.moderation.revert(request).await;
    let answer = answer.map_err(|status| {
        let failure = desk.failure(&connection, &status);
        if failure.outcome == Outcome::NotFound && args.deed.is_some() && !args.as_batch {
            desk.talk("cli-undo-perhaps-batch", &[]);
        }
        failure
    })?;
    let answer = answer.into_inner();
    let mut undone = items::read(desk, &connection, &answer.results);
    if desk.output.json {
        desk.output.json(&Json::new(&answer))?;
    } else {
        for item in &mut undone {
            explain(item, desk.locale);
        }
        tell(desk, &undone)?;
    }
    Ok(items::worst(&undone))
}

fn target(args: &UndoArgs) -> v1::revert_request::Target {
    use v1::revert_request::Target;
    match args.deed {
        Some(id) if args.as_batch => Target::BatchId(id.to_string()),
        Some(id) => Target::DecisionId(id.to_string()),
        None => Target::Last(true),
    }
}

/// A conflict is told as what it means here: a colleague came later, and theirs stays.
fn explain(item: &mut Item<'_>, locale: Locale) {
    let Some(failure) = &mut item.failure else { return };
    let Some(standing) = &failure.standing else { return };
    let status = names::words(locale, "status", &standing.status);
    let values = [("actor", sanitize::line(&standing.decided_by).into()), ("status", sanitize::line(&status).into())];
    failure.message = locale.text_with("cli-undo-conflict", &values);
}

fn tell(desk: &Desk<'_>, items: &[Item<'_>]) -> Result<(), Failure> {
    for item in items {
        if item.failure.is_some() {
            item.complain(desk);
        } else {
            desk.output.data(&sentence(item, desk.locale))?;
        }
    }
    if items.is_empty() {
        desk.talk("cli-undo-nothing", &[]);
    } else if items.len() > 1 {
        let undone = items.iter().filter(|item| item.is_changed()).count();
        desk.talk("cli-undo-count", &[("count", undone.into()), ("total", items.len().into())]);
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
    use crate::outcome::Standing;

    #[test]
    fn what_is_reverted_is_the_last_deed_one_deed_or_a_batch() {
        use v1::revert_request::Target;
        let id = Uuid::nil();
        let of = |deed, as_batch| target(&UndoArgs { deed, as_batch });
        assert_eq!(of(None, false), Target::Last(true));
        assert_eq!(of(Some(id), false), Target::DecisionId(id.to_string()));
        assert_eq!(of(Some(id), true), Target::BatchId(id.to_string()));
    }

    #[test]
    fn a_conflict_says_who_came_later_and_a_success_where_the_comment_is() {
        let standing = Standing { status: "SPAM".into(), revision: 3, decided_by: "lan".into(), ..Default::default() };
        let failure = Failure { standing: Some(Box::new(standing)), ..Failure::new(Outcome::Conflict, "") };
        let comment = v1::Comment { status: v1::CommentStatus::Pending.into(), ..Default::default() };
        let result =
            v1::ItemResult { comment_id: "ma".into(), comment: Some(comment), changed: true, ..Default::default() };
        let mut conflict = Item { result: &result, failure: Some(failure) };
        explain(&mut conflict, Locale::En);
        assert_eq!(conflict.failure.unwrap().message, "lan moved it to “spam” since; that stays.");
        assert_eq!(sentence(&Item { result: &result, failure: None }, Locale::Vi), "ma: trở lại “chờ duyệt”");
        let ban = v1::ItemResult { ban_id: "lenh".into(), changed: true, ..Default::default() };
        assert_eq!(sentence(&Item { result: &ban, failure: None }, Locale::En), "Ban lenh: reverted");
    }
}

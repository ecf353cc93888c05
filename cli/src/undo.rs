//! `duyet undo`: takes a deed back, where nothing happened since.

use uuid::Uuid;

use super::{
    args::UndoArgs,
    desk::Desk,
    items::{self, Item},
    json, names,
    outcome::{Failure, Outcome},
    sanitize,
};
use duyet_locale::Locale;
use duyet_proto::v1;

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
    let v1::RevertResponse { results, batch_id } = answer.into_inner();
    let mut undone = results.into_iter().map(|item| Item::new(desk, &connection, item)).collect::<Vec<_>>();
    for item in &mut undone {
        explain(item, desk.locale);
    }
    let worst = items::worst(&undone);
    tell(desk, &undone)?;
    if desk.output.json {
        let results = undone.into_iter().map(|item| item.result).collect();
        desk.output.json(&json::Undone { results, batch_id: json::present(batch_id) })?;
    }
    Ok(worst)
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
fn explain(item: &mut Item, locale: Locale) {
    let Some(standing) = &item.result.conflict else { return };
    let status = names::words(locale, "status", &standing.status);
    let values = [("actor", sanitize::line(&standing.decided_by).into()), ("status", sanitize::line(&status).into())];
    item.result.message = Some(locale.text_with("cli-undo-conflict", &values));
}

fn tell(desk: &Desk<'_>, items: &[Item]) -> Result<(), Failure> {
    for item in items {
        if item.outcome != Outcome::Done {
            item.complain(desk);
        } else if !desk.output.json {
            desk.output.data(&sentence(item, desk.locale))?;
        }
    }
    if items.is_empty() {
        desk.talk("cli-undo-nothing", &[]);
    } else if items.len() > 1 {
        let undone = items.iter().filter(|item| item.changed).count();
        desk.talk("cli-undo-count", &[("count", undone.into()), ("total", items.len().into())]);
    }
    Ok(())
}

fn sentence(item: &Item, locale: Locale) -> String {
    let status = item.result.status.map(|name| names::words(locale, "status", name)).unwrap_or_default();
    let key = match (&item.result.ban_id, item.changed) {
        (_, false) => "cli-undone-already",
        (Some(_), true) => "cli-undone-ban",
        (None, true) => "cli-undone",
    };
    locale.text_with(key, &[("id", sanitize::line(item.id()).into()), ("status", status.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_the_last_deed_one_deed_or_a_batch() {
        use v1::revert_request::Target;
        let id = Uuid::nil();
        let of = |deed, as_batch| target(&UndoArgs { deed, as_batch });
        assert_eq!(of(None, false), Target::Last(true));
        assert_eq!(of(Some(id), false), Target::DecisionId(id.to_string()));
        assert_eq!(of(Some(id), true), Target::BatchId(id.to_string()));
    }

    #[test]
    fn a_conflict_says_who_came_later_and_a_success_where_the_comment_is() {
        let standing =
            json::Standing { status: "SPAM".into(), revision: 3, decided_by: "lan".into(), ..Default::default() };
        let result = json::ItemResult {
            comment_id: Some("ma".into()),
            status: Some("PENDING"),
            conflict: Some(Box::new(standing)),
            ..Default::default()
        };
        let mut item = Item { outcome: Outcome::Conflict, changed: true, result };
        explain(&mut item, Locale::En);
        assert_eq!(item.result.message.as_deref(), Some("lan moved it to “spam” since; that stays."));
        assert_eq!(sentence(&item, Locale::Vi), "ma: trở lại “chờ duyệt”");
        item.result.ban_id = Some("lenh".into());
        item.result.comment_id = None;
        assert_eq!(sentence(&item, Locale::En), "Ban lenh: taken back");
    }
}

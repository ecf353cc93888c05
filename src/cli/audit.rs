//! `duyet audit`: who did what, and when.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;

use super::{
    args::AuditArgs,
    choices::ActionChoice,
    desk::Desk,
    json, names,
    outcome::{Failure, Outcome, local_time},
    sanitize,
    table::{self, Column},
    terminal,
};
use crate::{locale::Locale, proto::v1};

/// Runs `audit`.
pub(super) async fn run(desk: &Desk<'_>, args: AuditArgs) -> Result<Outcome, Failure> {
    let mut connection = desk.connect().await?;
    let answer = connection.moderation.list_audit(request(args, desk.now)).await;
    let page = answer.map_err(|status| desk.failure(&connection, &status))?.into_inner();
    let more = json::present(page.next_page_token);
    if desk.output.json {
        let entries = page.entries.into_iter().map(json::AuditEntry::from).collect();
        desk.output.json(&json::Audit { entries, next_page_token: more })?;
        return Ok(Outcome::Done);
    }
    if page.entries.is_empty() {
        desk.output.talk(&desk.locale.text("cli-audit-empty"));
        return Ok(Outcome::Done);
    }
    desk.output.data(&draw(&page.entries, desk.locale, terminal::width()))?;
    if let Some(token) = more {
        desk.output.talk(&desk.locale.text_with("cli-next-page", &[("token", token.into())]));
    }
    Ok(Outcome::Done)
}

/// One entry in a line: when, who, what, why.
pub(super) fn sentence(entry: &v1::AuditEntry, locale: Locale) -> String {
    let parts = [time(entry, locale), entry.actor.clone(), change(entry, locale), why(entry, locale)];
    let parts = parts.iter().filter(|part| !part.is_empty()).map(|part| sanitize::line(part));
    parts.collect::<Vec<_>>().join("  ")
}

fn request(args: AuditArgs, now: DateTime<Utc>) -> v1::ListAuditRequest {
    let stamp = |at: DateTime<Utc>| Timestamp { seconds: at.timestamp(), nanos: 0 };
    v1::ListAuditRequest {
        comment_id: args.comment.map(|id| id.to_string()).unwrap_or_default(),
        actor: args.actor.unwrap_or_default(),
        action: args.action.map(ActionChoice::name).unwrap_or_default().to_owned(),
        since: args.since.map(|since| stamp(since.resolve(now))),
        until: args.until.map(|until| stamp(until.resolve(now))),
        page_size: args.limit,
        page_token: args.page_token.unwrap_or_default(),
        ..Default::default()
    }
}

fn draw(entries: &[v1::AuditEntry], locale: Locale, width: usize) -> String {
    let title = |key: &str| locale.text(&format!("cli-column-{key}"));
    let columns = [
        Column::whole(title("at")),
        Column::short(title("actor"), 18),
        Column::whole(title("change")),
        Column::whole(title("about")),
        Column::text(title("why")),
    ];
    let rows = entries.iter().map(|entry| {
        let about = if entry.comment_id.is_empty() { &entry.article_id } else { &entry.comment_id };
        vec![time(entry, locale), entry.actor.clone(), change(entry, locale), about.clone(), why(entry, locale)]
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

fn time(entry: &v1::AuditEntry, locale: Locale) -> String {
    json::time(entry.at.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default()
}

fn change(entry: &v1::AuditEntry, locale: Locale) -> String {
    let status = |value| names::status(value).map(|name| names::words(locale, "status", name));
    match (status(entry.from_status), status(entry.to_status)) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        _ => names::words(locale, "action", &entry.action),
    }
}

fn why(entry: &v1::AuditEntry, locale: Locale) -> String {
    let reason = names::reason(entry.reason).map(|name| names::words(locale, "reason", name));
    let parts = [reason.unwrap_or_default(), entry.note.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

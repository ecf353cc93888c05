//! `duyet audit`: lists the audit log.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    args::AuditArgs,
    choices::ActionChoice,
    connection::Connection,
    context::Context,
    exit::{Exit, Failure, local_time},
    lookup,
    moment::{self, stamp},
    names, sanitize,
    table::{self, Column},
    terminal,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

/// Number of newest entries whose actors are suggested for an unknown actor.
const COMPARED: i32 = 200;

pub(super) async fn run(context: &Context<'_>, args: AuditArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let request = request(args, context.now);
    let answer = connection.moderation.list_audit(request.clone()).await;
    let page = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if page.entries.is_empty() {
        check(context, &mut connection, &request).await?;
    }
    if context.output.json {
        context.output.json(&Json::new(&page))?;
        return Ok(Exit::Done);
    }
    if page.entries.is_empty() {
        context.output.talk(&context.locale.text("cli-audit-empty"));
        return Ok(Exit::Done);
    }
    context.output.data(&draw(&page.entries, context.locale, terminal::width()))?;
    if !page.next_page_token.is_empty() {
        context.talk("cli-next-page", &[("token", page.next_page_token.into())]);
    }
    Ok(Exit::Done)
}

/// Returns an error for unknown ids and actors. Every batch and ban has at least one audit entry.
async fn check(
    context: &Context<'_>,
    connection: &mut Connection,
    request: &v1::ListAuditRequest,
) -> Result<(), Failure> {
    lookup::check_comment(context, connection, &request.comment_id).await?;
    lookup::check_article(context, connection, &request.article_id).await?;
    let (batch_id, ban_id, actor) = (request.batch_id.clone(), request.ban_id.clone(), request.actor.clone());
    let one = v1::ListAuditRequest { page_size: 1, ..Default::default() };
    let of_them = v1::ListAuditRequest { batch_id, ban_id, ..one.clone() };
    if of_them != one && entries(context, connection, of_them).await?.is_empty() {
        return Err(Failure::new(Exit::NotFound, context.locale.text("cli-audit-unknown")));
    }
    let by_them = v1::ListAuditRequest { actor, ..one.clone() };
    if by_them != one && entries(context, connection, by_them).await?.is_empty() {
        let values = [("actor", sanitize::line(&request.actor).into())];
        let mut failure = Failure::new(Exit::NotFound, context.locale.text_with("cli-actor-unknown", &values));
        let newest = v1::ListAuditRequest { page_size: COMPARED, ..one };
        let known = entries(context, connection, newest).await?.into_iter().map(|entry| entry.actor);
        let known = known.collect::<BTreeSet<_>>().into_iter().collect();
        lookup::suggest(&mut failure, &request.actor, known, context.locale);
        return Err(failure);
    }
    Ok(())
}

async fn entries(
    context: &Context<'_>,
    connection: &mut Connection,
    request: v1::ListAuditRequest,
) -> Result<Vec<v1::AuditEntry>, Failure> {
    let answer = connection.moderation.list_audit(request).await;
    Ok(answer.map_err(|status| context.failure(connection, &status))?.into_inner().entries)
}

/// Formats an entry as one line: time, actor, change, reason.
pub(super) fn sentence(entry: &v1::AuditEntry, locale: Locale) -> String {
    let parts = [time(entry, locale), entry.actor.clone(), change(entry, locale), why(entry, locale)];
    let parts = parts.iter().filter(|part| !part.is_empty()).map(|part| sanitize::line(part));
    parts.collect::<Vec<_>>().join("  ")
}

fn request(args: AuditArgs, now: DateTime<Utc>) -> v1::ListAuditRequest {
    v1::ListAuditRequest {
        comment_id: args.comment.map(|id| id.to_string()).unwrap_or_default(),
        actor: args.actor.unwrap_or_default(),
        action: args.action.map(ActionChoice::name).unwrap_or_default().to_owned(),
        since: args.since.map(|since| stamp(since.resolve(now))),
        until: args.until.map(|until| stamp(until.resolve(now))),
        page_size: args.limit,
        page_token: args.page_token.unwrap_or_default(),
        article_id: args.article.unwrap_or_default(),
        batch_id: args.batch.map(|id| id.to_string()).unwrap_or_default(),
        ban_id: args.ban.map(|id| id.to_string()).unwrap_or_default(),
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
        // The id that `undo` takes.
        Column::extra(title("entry"), 36),
    ];
    let rows = entries.iter().map(|entry| {
        let about = [&entry.comment_id, &entry.ban_id, &entry.article_id].into_iter().find(|about| !about.is_empty());
        let (about, id) = (about.cloned().unwrap_or_default(), entry.id.clone());
        vec![time(entry, locale), entry.actor.clone(), change(entry, locale), about, why(entry, locale), id]
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

fn time(entry: &v1::AuditEntry, locale: Locale) -> String {
    moment::time(entry.at.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default()
}

/// Formats a decision as its two statuses, and any other action as its name followed by the statuses if they differ.
fn change(entry: &v1::AuditEntry, locale: Locale) -> String {
    let status = |value| names::status(value).map(|name| names::words(locale, "status", name));
    let steps = match (status(entry.from_status), status(entry.to_status)) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        _ => String::new(),
    };
    let is_decision = matches!(entry.action.as_str(), "APPROVE" | "REJECT" | "SPAM" | "REQUEUE");
    match (is_decision, steps.is_empty()) {
        (true, false) => steps,
        (false, false) if entry.from_status != entry.to_status => {
            format!("{}: {steps}", names::words(locale, "action", &entry.action))
        }
        _ => names::words(locale, "action", &entry.action),
    }
}

fn why(entry: &v1::AuditEntry, locale: Locale) -> String {
    let reason = names::reason(entry.reason).map(|name| names::words(locale, "reason", name));
    let reverts = Some(&entry.reverts).filter(|id| !id.is_empty());
    let reverts = reverts.map(|id| locale.text_with("cli-reverts", &[("id", id.as_str().into())]));
    let note = if entry.action == "LOCKDOWN" { lockdown(&entry.note, locale) } else { entry.note.clone() };
    let parts = [reason.unwrap_or_default(), note, reverts.unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// Translates the note of a LOCKDOWN entry, `until=TIME [harder_challenges] NOTE` or `lifted NOTE`. Returns any other
/// text unchanged.
fn lockdown(note: &str, locale: Locale) -> String {
    let (state, rest) = note.split_once(' ').unwrap_or((note, ""));
    let until = state.strip_prefix("until=").and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    let state = match until {
        Some(until) => locale.text_with("cli-audit-until", &[("at", local_time(until.to_utc(), locale).into())]),
        None if state == "lifted" => locale.text("cli-audit-lifted"),
        None => return note.to_owned(),
    };
    let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let (state, rest) = match word {
        "harder_challenges" => (format!("{state}, {}", locale.text("cli-harder-challenges")), after),
        _ => (state, rest),
    };
    if rest.is_empty() { state } else { format!("{state}: {rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, from: v1::CommentStatus, to: v1::CommentStatus) -> v1::AuditEntry {
        let (from_status, to_status) = (from.into(), to.into());
        v1::AuditEntry { action: action.into(), from_status, to_status, actor: "lan".into(), ..Default::default() }
    }

    #[test]
    fn a_line_has_the_actor_and_the_change() {
        use v1::CommentStatus::{Approved, Pending, Rejected, Unspecified};
        let line = |entry: &v1::AuditEntry| sentence(entry, Locale::En);
        assert_eq!(line(&entry("APPROVE", Pending, Approved)), "lan  pending → approved");
        assert_eq!(line(&entry("EXPIRE", Pending, Rejected)), "lan  expire: pending → rejected");
        assert_eq!(line(&entry("ESCALATE", Approved, Approved)), "lan  record a takedown");
        assert_eq!(line(&entry("LOCKDOWN", Unspecified, Unspecified)), "lan  lockdown");
        let back = v1::AuditEntry { reverts: "x\u{1b}[2J".into(), ..entry("REVERT", Approved, Pending) };
        assert_eq!(line(&back), "lan  revert: approved → pending  reverts x");
    }

    #[test]
    fn a_lockdown_is_described_in_the_chosen_language() {
        assert!(lockdown("until=2026-11-23T19:32:38Z đợt spam", Locale::En).starts_with("until 2026-11-2"));
        let harder = lockdown("until=2026-11-23T19:32:38Z harder_challenges đợt spam", Locale::Vi);
        assert!(harder.ends_with(", mã kiểm tra khó hơn: đợt spam"), "{harder}");
        assert_eq!(lockdown("lifted", Locale::En), "lifted");
        assert_eq!(lockdown("lifted đã yên", Locale::Vi), "tắt chế độ khẩn: đã yên");
        assert_eq!(lockdown("until=mai", Locale::En), "until=mai");
    }
}

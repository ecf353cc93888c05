//! Records related to a comment: reports, claim, takedown, notes, and other comments.

use chrono::{DateTime, Utc};

use crate::{age, exit::local_time, facts::heading, moment, names, queue, sanitize, table};
use duyet_locale::Locale;
use duyet_proto::v1;

/// Longest excerpt of another comment, in columns.
const GLIMPSE: usize = 100;

/// Formats the reports as one line.
pub(super) fn reports(case: &v1::ReviewCase, locale: Locale) -> String {
    let Some(reports) = case.reports.as_ref().filter(|reports| reports.total > 0) else { return String::new() };
    let count = |one: &v1::ReportCount| {
        let reason = names::reason(one.reason).map(|name| names::words(locale, "reason", name));
        format!("{} {}", reason.unwrap_or_else(|| locale.text("cli-no-reason")), locale.integer(one.count))
    };
    let counts = reports.counts.iter().map(count).collect::<Vec<_>>().join(", ");
    let text = locale.text_with("cli-reports", &[("total", reports.total.into()), ("open", reports.open.into())]);
    if counts.is_empty() { text } else { format!("{text}: {counts}") }
}

/// Returns nothing for an expired claim.
pub(super) fn claim(case: &v1::ReviewCase, locale: Locale, now: DateTime<Utc>) -> String {
    let Some(claim) = &case.claim else { return String::new() };
    match moment::time(claim.expires_at.as_ref()) {
        Some(end) if end > now => {
            let values = [("actor", sanitize::line(&claim.moderator).into()), ("at", local_time(end, locale).into())];
            locale.text_with("cli-claim", &values)
        }
        _ => String::new(),
    }
}

pub(super) fn takedown(case: &v1::ReviewCase, locale: Locale, now: DateTime<Utc>) -> String {
    case.takedown.as_ref().map(|takedown| demand(takedown, locale, now)).unwrap_or_default()
}

fn demand(takedown: &v1::Takedown, locale: Locale, now: DateTime<Utc>) -> String {
    let kind = names::takedown(takedown.kind).map(|name| names::words(locale, "takedown", name)).unwrap_or_default();
    let due = moment::time(takedown.due_at.as_ref());
    let due = due.map(|at| format!("{} ({})", local_time(at, locale), age::until(at, locale, now)));
    locale.text_with("cli-takedown", &[("kind", kind.into()), ("due", due.unwrap_or_default().into())])
}

/// Formats the comment that this one replies to.
pub(super) fn answered(case: &v1::ReviewCase, locale: Locale) -> Vec<String> {
    section("cli-answered", case.answered.iter().map(|comment| glimpse(comment, locale)).collect(), locale)
}

/// Formats notes by readers and moderators, the campaign, and the author's other comments.
pub(super) fn sections(case: &v1::ReviewCase, locale: Locale) -> Vec<String> {
    let said = case.reports.iter().flat_map(|reports| &reports.notes).map(|note| format!("“{}”", sanitize::line(note)));
    let notes = case.notes.iter().map(|note| {
        let at = moment::time(note.at.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default();
        format!("{at}  {}  {}", sanitize::line(&note.actor), sanitize::line(&note.text)).trim_start().to_owned()
    });
    let glimpses = |comments: &[v1::Comment]| comments.iter().map(|comment| glimpse(comment, locale)).collect();
    [
        section("cli-report-notes", said.collect(), locale),
        section("cli-notes", notes.collect(), locale),
        section("cli-siblings", glimpses(&case.siblings), locale),
        as_one(case, locale),
        section("cli-author-comments", glimpses(&case.author_comments), locale),
    ]
    .concat()
}

/// Returns the command that decides the whole campaign of the comment.
fn as_one(case: &v1::ReviewCase, locale: Locale) -> Vec<String> {
    let id = case.comment.as_ref().filter(|_| !case.siblings.is_empty()).map(|comment| sanitize::line(&comment.id));
    id.map(|id| format!("  {}", locale.text_with("cli-as-one", &[("id", id.into())]))).into_iter().collect()
}

fn section(key: &str, lines: Vec<String>, locale: Locale) -> Vec<String> {
    if lines.is_empty() {
        return vec![];
    }
    let lines = lines.into_iter().map(|line| format!("  {line}"));
    std::iter::once(heading(key, locale)).chain(lines).collect()
}

/// Formats another comment as one line.
fn glimpse(comment: &v1::Comment, locale: Locale) -> String {
    let status = names::status(comment.status).map(|name| names::words(locale, "status", name)).unwrap_or_default();
    let text = table::cut(&sanitize::line(&queue::text(comment.clone())), GLIMPSE);
    format!("{}  {status}  {}: {text}", sanitize::line(&comment.id), sanitize::line(&comment.author_name))
}

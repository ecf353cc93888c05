//! Formats one event as a line. Performs no I/O.

use chrono::{DateTime, Utc};

use crate::{age, exit::local_time, moment, names, queue, sanitize, table};
use duyet_locale::Locale;
use duyet_proto::v1;

/// Longest excerpt of a comment, in columns.
const GLIMPSE: usize = 100;

/// Formats an event as one line: time, change, id, text.
pub(super) fn draw(event: &v1::WatchQueueResponse, locale: Locale, now: DateTime<Utc>) -> String {
    let case = event.case.clone().unwrap_or_default();
    let comment = case.comment.clone().unwrap_or_default();
    let waits = event.event() == v1::QueueEvent::Waiting;
    let status = names::status(comment.status).map(|name| names::words(locale, "status", name)).unwrap_or_default();
    let what = if waits { "cli-event-waiting" } else { "cli-event-left" };
    let what = locale.text_with(what, &[("status", status.into())]);
    let parts = [local_time(now, locale), what, sanitize::line(&event.comment_id)].into_iter();
    let urgent = if waits { urgency(&case, locale, now) } else { vec![] };
    let text = table::cut(&sanitize::line(&queue::text(comment.clone())), GLIMPSE);
    let said = format!("{}: {text}", sanitize::line(&comment.author_name));
    let said = Some(said).filter(|_| event.case.is_some());
    parts.chain(urgent).chain(said).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn urgency(case: &v1::ReviewCase, locale: Locale, now: DateTime<Utc>) -> Vec<String> {
    let due = case.takedown.as_ref().and_then(|takedown| moment::time(takedown.due_at.as_ref()));
    let due = due.map(|at| age::until(at, locale, now));
    let open = case.reports.as_ref().map(|reports| reports.open).filter(|open| *open > 0);
    let open = open.map(|open| locale.text_with("cli-event-reports", &[("count", open.into())]));
    due.into_iter().chain(open).chain([locale.decimal(case.spam_score, 2)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event: v1::QueueEvent) -> v1::WatchQueueResponse {
        let comment = v1::Comment {
            id: "ma".into(),
            author_name: "Lan\u{1b}[2J".into(),
            content: "một\nhai".into(),
            status: v1::CommentStatus::Approved.into(),
            ..Default::default()
        };
        let reports = Some(v1::Reports { open: 3, ..Default::default() });
        let case = v1::ReviewCase { comment: Some(comment), spam_score: 0.5, reports, ..Default::default() };
        v1::WatchQueueResponse { event: event.into(), comment_id: "ma".into(), case: Some(case), total: 0 }
    }

    #[test]
    fn an_event_is_one_sanitized_line() {
        let waiting = draw(&event(v1::QueueEvent::Waiting), Locale::En, DateTime::UNIX_EPOCH);
        assert!(waiting.ends_with("pending  ma  3 reports  0.50  Lan: một⏎hai"), "{waiting}");
        let left = draw(&event(v1::QueueEvent::Left), Locale::Vi, DateTime::UNIX_EPOCH);
        assert!(left.ends_with("rời hàng chờ (đã duyệt)  ma  Lan: một⏎hai"), "{left}");
    }
}

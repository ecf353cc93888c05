//! `duyet queue`: lists the comments that wait for a moderator.

use chrono::{DateTime, Utc};

use super::{
    age,
    args::QueueArgs,
    context::Context,
    exit::{Exit, Failure},
    lookup, moment, names,
    table::{self, Column},
    terminal,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

pub(super) async fn run(context: &Context<'_>, args: QueueArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let request = request(args);
    let filter = request.filter.clone().unwrap_or_default();
    let answer = connection.moderation.list_queue(request).await;
    let page = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    let is_last = page.next_page_token.is_empty();
    if page.cases.is_empty() && is_last {
        lookup::check(context, &mut connection, &filter).await?;
    }
    if context.output.json {
        context.output.json(&Json::new(&page))?;
        return Ok(Exit::Done);
    }
    match (page.cases.len(), is_last) {
        (0, true) => context.talk("cli-queue-empty", &[]),
        // The service ended a long search before it found a match.
        (0, false) => context.talk("cli-queue-none-yet", &[]),
        (shown, _) => {
            context.output.data(&draw(&page.cases, context.locale, context.now, terminal::width()))?;
            context.talk("cli-queue-count", &[("shown", shown.into()), ("total", page.total.into())]);
        }
    }
    if !is_last {
        context.talk("cli-next-page", &[("token", page.next_page_token.into())]);
    }
    Ok(Exit::Done)
}

fn request(args: QueueArgs) -> v1::ListQueueRequest {
    v1::ListQueueRequest {
        filter: Some(args.filter.into()),
        order: v1::QueueOrder::from(args.order).into(),
        page_size: args.limit,
        page_token: args.page_token.unwrap_or_default(),
    }
}

/// Formats a table of cases. Reports, due times and claims have columns only if a comment has them.
pub(super) fn draw(cases: &[v1::ReviewCase], locale: Locale, now: DateTime<Utc>, width: usize) -> String {
    let title = |key: &str| locale.text(&format!("cli-column-{key}"));
    let mut columns = vec![
        (Column::whole(title("id")), false),
        (Column::whole(title("age")), false),
        (Column::whole(title("due")), true),
        (Column::number(title("reports")), true),
        (Column::short(title("author"), 18), false),
        (Column::text(title("text")), false),
        (Column::number(title("score")), false),
        (Column::short(title("claim"), 12), true),
        (Column::extra(title("rules"), 24), false),
    ];
    let mut rows = cases.iter().map(|case| row(case, locale, now)).collect::<Vec<_>>();
    for index in (0..columns.len()).rev() {
        let is_empty = rows.iter().all(|row| row[index].is_empty());
        if columns[index].1 && is_empty {
            columns.remove(index);
            for row in &mut rows {
                row.remove(index);
            }
        }
    }
    let columns = columns.into_iter().map(|(column, _)| column).collect::<Vec<_>>();
    table::render(&columns, &rows, width)
}

fn row(case: &v1::ReviewCase, locale: Locale, now: DateTime<Utc>) -> Vec<String> {
    let comment = case.comment.clone().unwrap_or_default();
    let rule = |finding: &v1::Finding| names::words(locale, "rule", &finding.rule);
    let mut rules = case.findings.iter().map(rule).collect::<Vec<_>>();
    // A rule may match in several fields.
    rules.dedup();
    let age = moment::time(comment.created_at.as_ref()).map(|at| age::since(at, locale, now)).unwrap_or_default();
    let due = case.takedown.as_ref().and_then(|takedown| moment::time(takedown.due_at.as_ref()));
    let open_reports = case.reports.as_ref().map(|reports| reports.open).filter(|open| *open > 0);
    vec![
        comment.id.clone(),
        age,
        due.map(|at| age::until(at, locale, now)).unwrap_or_default(),
        open_reports.map(|open| locale.integer(open)).unwrap_or_default(),
        comment.author_name.clone(),
        text(comment),
        locale.decimal(case.spam_score, 2),
        case.claim.clone().unwrap_or_default().moderator,
        rules.join(", "),
    ]
}

pub(super) fn text(comment: v1::Comment) -> String {
    if comment.title.is_empty() { comment.content } else { format!("{} · {}", comment.title, comment.content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_case_is_one_row() {
        let drawn = draw(&[v1::ReviewCase::default()], Locale::Vi, DateTime::UNIX_EPOCH, 100);
        assert_eq!(drawn.lines().count(), 2);
    }

    #[test]
    fn reports_due_times_and_claims_have_columns_only_if_needed() {
        let plain = draw(&[v1::ReviewCase::default()], Locale::En, DateTime::UNIX_EPOCH, 200);
        assert!(!plain.contains("Reports") && !plain.contains("Due") && !plain.contains("Claimed by"), "{plain}");
        let case = v1::ReviewCase {
            reports: Some(v1::Reports { total: 5, open: 3, ..Default::default() }),
            claim: Some(v1::Claim { moderator: "lan\u{1b}[2J".into(), expires_at: None }),
            takedown: Some(v1::Takedown {
                due_at: Some(prost_types::Timestamp { seconds: 7_200, nanos: 0 }),
                ..Default::default()
            }),
            ..Default::default()
        };
        let drawn = draw(&[v1::ReviewCase::default(), case], Locale::En, DateTime::UNIX_EPOCH, 200);
        for word in ["Reports", "3", "Due", "2 h left", "Claimed by", "lan"] {
            assert!(drawn.contains(word), "{word} in {drawn}");
        }
        assert!(!drawn.contains("\u{1b}[2J"));
    }
}

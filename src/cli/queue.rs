//! `duyet queue`: what waits for a moderator.

use chrono::{DateTime, Utc};

use super::{
    args::QueueArgs,
    desk::Desk,
    json,
    outcome::{Failure, Outcome},
    table::{self, Column},
    terminal,
};
use crate::{locale::Locale, proto::v1};

/// Runs `queue`.
pub(super) async fn run(desk: &Desk<'_>, args: QueueArgs) -> Result<Outcome, Failure> {
    let mut connection = desk.connect().await?;
    let answer = connection.moderation.list_queue(request(args)).await;
    let page = answer.map_err(|status| desk.failure(&connection, &status))?.into_inner();
    let v1::ListQueueResponse { cases, next_page_token, total } = page;
    let shown = cases.len();
    let more = json::present(next_page_token);
    if desk.output.json {
        let cases = cases.into_iter().map(json::Case::from).collect();
        desk.output.json(&json::Queue { cases, next_page_token: more, total })?;
        return Ok(Outcome::Done);
    }
    if shown == 0 {
        desk.output.talk(&desk.locale.text("cli-queue-empty"));
        return Ok(Outcome::Done);
    }
    desk.output.data(&draw(&cases, desk.locale, desk.now, terminal::width()))?;
    let counts = [("shown", shown.into()), ("total", total.into())];
    desk.output.talk(&desk.locale.text_with("cli-queue-count", &counts));
    if let Some(token) = more {
        desk.output.talk(&desk.locale.text_with("cli-next-page", &[("token", token.into())]));
    }
    Ok(Outcome::Done)
}

fn request(args: QueueArgs) -> v1::ListQueueRequest {
    let filter = v1::QueueFilter {
        status: args.status.into_iter().map(|status| v1::CommentStatus::from(status).into()).collect(),
        article_id: args.article.unwrap_or_default(),
        query: args.query.unwrap_or_default(),
        rule: args.rule.unwrap_or_default().to_ascii_uppercase().replace('-', "_"),
        author: args.author.unwrap_or_default(),
        min_score: args.min_score,
        max_score: args.max_score,
        unreviewed: args.unreviewed,
        ..Default::default()
    };
    v1::ListQueueRequest {
        filter: Some(filter),
        order: v1::QueueOrder::from(args.order).into(),
        page_size: args.limit,
        page_token: args.page_token.unwrap_or_default(),
    }
}

fn draw(cases: &[v1::Case], locale: Locale, now: DateTime<Utc>, width: usize) -> String {
    let title = |key: &str| locale.text(&format!("cli-column-{key}"));
    let columns = [
        Column::whole(title("id")),
        Column::whole(title("age")),
        Column::short(title("author"), 18),
        Column::text(title("text")),
        Column::number(title("score")),
        Column::extra(title("rules"), 24),
    ];
    let rows = cases.iter().map(|case| row(case, locale, now)).collect::<Vec<_>>();
    table::render(&columns, &rows, width)
}

fn row(case: &v1::Case, locale: Locale, now: DateTime<Utc>) -> Vec<String> {
    let comment = case.comment.clone().unwrap_or_default();
    let text =
        if comment.title.is_empty() { comment.content } else { format!("{} · {}", comment.title, comment.content) };
    let mut rules = case.findings.iter().map(|finding| finding.rule.clone()).collect::<Vec<_>>();
    // A rule may fire in several fields.
    rules.dedup();
    let age = json::time(comment.created_at.as_ref()).map(|at| age(at, locale, now)).unwrap_or_default();
    vec![comment.id, age, comment.author_name, text, format!("{:.2}", case.spam_score), rules.join(" ")]
}

/// How long ago, in the greatest unit that fits.
fn age(at: DateTime<Utc>, locale: Locale, now: DateTime<Utc>) -> String {
    let ago = now.signed_duration_since(at);
    let (key, count) = match (ago.num_days(), ago.num_hours(), ago.num_minutes()) {
        (days @ 1.., ..) => ("cli-age-days", days),
        (_, hours @ 1.., _) => ("cli-age-hours", hours),
        // Clocks differ: a comment from the near future is new.
        (.., minutes) => ("cli-age-minutes", minutes.max(0)),
    };
    locale.text_with(key, &[("count", count.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_use_the_greatest_unit_that_fits() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let age_of = |seconds: i64| age(DateTime::from_timestamp(1_000_000 - seconds, 0).unwrap(), Locale::En, now);
        assert_eq!([age_of(-30), age_of(59), age_of(60)], ["0 min", "0 min", "1 min"]);
        assert_eq!([age_of(7_199), age_of(86_399), age_of(200_000)], ["1 h", "23 h", "2 d"]);
    }

    #[test]
    fn a_row_survives_an_empty_case() {
        let drawn = draw(&[v1::Case::default()], Locale::Vi, DateTime::UNIX_EPOCH, 100);
        assert_eq!(drawn.lines().count(), 2);
    }
}

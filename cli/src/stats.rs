//! `duyet stats`: figures about the queue and the moderators.

use chrono::TimeDelta;
use prost_types::Duration;

use super::{
    age,
    args::StatsArgs,
    context::Context,
    exit::{Exit, Failure, local_time},
    facts, moment, names,
    table::{self, Column},
    terminal,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

pub(super) async fn run(context: &Context<'_>, args: StatsArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let since = Some(moment::stamp(args.since.resolve(context.now)));
    let answer = connection.moderation.get_stats(v1::GetStatsRequest { since }).await;
    let stats = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&stats))?;
    } else {
        context.output.data(&describe(&stats, context.locale, terminal::width()))?;
    }
    Ok(Exit::Done)
}

fn describe(stats: &v1::GetStatsResponse, locale: Locale, width: usize) -> String {
    let takedowns = [("count", stats.takedowns.into()), ("overdue", stats.overdue.into())];
    let facts = [
        ("since", moment::time(stats.since.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default()),
        ("waiting", locale.integer(stats.waiting)),
        ("age-p50", stats.waiting_age_p50.map(|age| length(age, locale)).unwrap_or_default()),
        ("age-p95", stats.waiting_age_p95.map(|age| length(age, locale)).unwrap_or_default()),
        ("takedowns", locale.text_with("cli-takedowns", &takedowns)),
        ("submitted", submitted(&stats.submitted, locale)),
        ("learned", stats.learned.as_ref().map(|score| learned(score, locale)).unwrap_or_default()),
    ];
    let mut parts = vec![facts::list(&facts, locale)];
    if !stats.moderators.is_empty() {
        parts.push(String::new());
        parts.push(moderators(&stats.moderators, locale, width));
    }
    parts.join("\n")
}

fn learned(score: &v1::LearnedScore, locale: Locale) -> String {
    let key = if score.auto_spam { "cli-learned" } else { "cli-learned-few" };
    let shown = |number| locale.decimal(number, 2);
    let values = [
        ("decisions", score.decisions.into()),
        ("needed", score.decisions_needed.into()),
        ("spam", score.spam.into()),
        ("low", shown(score.low).into()),
        ("high", shown(score.high).into()),
    ];
    locale.text_with(key, &values)
}

fn length(age: Duration, locale: Locale) -> String {
    age::span(TimeDelta::try_seconds(age.seconds).unwrap_or_default(), locale)
}

fn submitted(counts: &[v1::StatusCount], locale: Locale) -> String {
    let total = locale.integer(counts.iter().map(|one| one.count).sum::<i64>());
    let count = |one: &v1::StatusCount| {
        let status = names::status(one.status).map(|name| names::words(locale, "status", name)).unwrap_or_default();
        format!("{status} {}", locale.integer(one.count))
    };
    let parts = counts.iter().map(count).collect::<Vec<_>>().join(", ");
    if parts.is_empty() { total } else { format!("{total} ({parts})") }
}

fn moderators(moderators: &[v1::ModeratorStats], locale: Locale, width: usize) -> String {
    let title = |key: &str| locale.text(&format!("cli-column-{key}"));
    let columns = [
        Column::short(title("actor"), 30),
        Column::number(title("decisions")),
        Column::number(title("per-hour")),
        Column::number(title("overturned")),
        Column::number(title("overturn-rate")),
    ];
    let rows = moderators.iter().map(|one| {
        vec![
            one.moderator.clone(),
            locale.integer(one.decisions),
            locale.decimal(one.decisions_per_hour, 1),
            locale.integer(one.overturned),
            locale.percent(one.overturn_rate),
        ]
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_described_in_words() {
        let stats = v1::GetStatsResponse {
            submitted: vec![
                v1::StatusCount { status: v1::CommentStatus::Approved.into(), count: 40 },
                v1::StatusCount { status: v1::CommentStatus::Spam.into(), count: 2 },
            ],
            waiting: 7,
            waiting_age_p50: Some(Duration { seconds: 600, nanos: 0 }),
            waiting_age_p95: Some(Duration { seconds: 7_300, nanos: 0 }),
            moderators: vec![v1::ModeratorStats {
                moderator: "lan\u{1b}[2J".into(),
                decisions: 3_000,
                decisions_per_hour: 12.34,
                overturned: 3,
                overturn_rate: 0.125,
            }],
            takedowns: 2,
            overdue: 1,
            ..Default::default()
        };
        let text = describe(&stats, Locale::En, 100);
        let plain = anstream::adapter::strip_str(&text).to_string();
        for words in ["7", "10 min", "2 h", "2, 1 overdue", "42 (approved 40, spam 2)", "lan", "3,000", "12.3", "12.5%"]
        {
            assert!(plain.contains(words), "{words} in {plain}");
        }
        assert!(!text.contains("\u{1b}[2J"));
        let vietnamese = describe(&stats, Locale::Vi, 100);
        for number in ["3.000", "12,3", "12,5%"] {
            assert!(vietnamese.contains(number), "{number} in {vietnamese}");
        }
    }

    #[test]
    fn a_site_without_comments_has_no_ages_and_no_moderators() {
        let plain = describe(&v1::GetStatsResponse::default(), Locale::Vi, 100);
        assert!(!plain.contains("phút") && plain.lines().count() == 3, "{plain}");
    }
}

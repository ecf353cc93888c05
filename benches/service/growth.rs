//! How cost grows with the number of stored comments: the same calls at each size by one caller, and PostgreSQL's
//! query plans.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context as _, ensure};
use duyet_proto::v1;
use rand::seq::IndexedRandom as _;

use crate::{
    baselines::Postgres,
    load::{self, Figures},
    plans,
    processes::Processes,
    readers::{Links, article, now},
    report::{Goal, Report},
    servers::Server,
    submits::submits,
};

/// Number of pages of 200 that are walked first, to request them later in any order.
const PAGES: usize = 100;

/// Calls whose goal is [`IN_TIME_MS`] at every size.
const IN_TIME: [&str; 4] =
    ["queue, a common word", "queue, a word in no comment", "stats of a week", "stats of a quarter"];
const IN_TIME_MS: f64 = 5.0;

/// Parses a size such as `10k` or `1M`.
pub(crate) fn parse_size(text: &str) -> Result<u32, String> {
    let (digits, unit) = text.split_at(text.trim_end_matches(['k', 'M']).len());
    let unit = match unit {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        _ => return Err(format!("`{text}` is not a size such as 10k or 1M")),
    };
    digits.parse::<u32>().map(|number| number * unit).map_err(|error| error.to_string())
}

struct Stage {
    duyetd: Server,
    watched: Processes,
    time: Duration,
    articles: u32,
}

pub(crate) async fn measure(sizes: &[u32], time: Duration) -> anyhow::Result<()> {
    let (postgres, mut report) = (Postgres::from_environment()?, Report::default());
    let mut first: Option<Vec<(&str, Figures)>> = None;
    for size in sizes {
        let name = format!("grow_{size}");
        postgres.psql("postgres", &format!("create database {name}"))?;
        let url = postgres.database(&name);
        let redis = Server::redis()?;
        let redis_url = redis.redis_url();
        let environment =
            [("DATABASE_URL", url.as_str()), ("REDIS_URL", redis_url.as_str()), ("DUYET_PAGE_CACHE_MIB", "0")];
        let duyetd = Server::duyetd(&environment)?;
        let began = std::time::Instant::now();
        run_script("grow.sql", *size, &url)?;
        report.fact(&format!("{size} comments, seconds to seed"), began.elapsed().as_secs());
        report.fact(
            &format!("{size} comments, MB"),
            postgres.psql(&name, "select pg_database_size(current_database()) / 1000000")?,
        );
        let watched = Processes([&postgres.processes.0[..], &[duyetd.pid()]].concat());
        let mut stage = Stage { duyetd, watched, time, articles: (size / 100).max(100) };
        let mut lines = stage.calls().await?;
        run_script("lists.sql", *size, &url)?;
        // The lists of terms and bans are read when the server starts.
        stage.duyetd = stage.duyetd.again(&environment)?;
        stage.watched = Processes([&postgres.processes.0[..], &[stage.duyetd.pid()]].concat());
        let listed = submits(&stage.duyetd, 1, stage.time, &stage.watched).await?;
        report.ratio(
            &format!("submit, 10,000 bans and terms / none, {size}, CPU"),
            Goal::AtMost(1.2),
            listed.cpu / lines[0].1.cpu,
        );
        lines.push(("submit, 10,000 bans and terms", listed));
        if Some(size) == sizes.last() {
            plans::ask(&postgres, &name)?;
            stage.duyetd = stage.duyetd.again(&environment)?;
            Stage { time: Duration::ZERO, ..stage }.calls().await?;
            plans::write(
                &postgres.log,
                &format!("Of `benches/run growth`, with {size} comments, 10,000 bans and 10,000 terms."),
            )?;
        }
        for (what, figures) in &lines {
            report.line(&format!("{what}, {size}"), figures);
            if IN_TIME.contains(what) {
                report.ratio(&format!("{what}, {size}, p50 ms"), Goal::AtMost(IN_TIME_MS), p50(figures));
            }
        }
        match &first {
            None => first = Some(lines),
            Some(first) => {
                for ((what, small), (_, large)) in first.iter().zip(&lines) {
                    let name = format!("{what}: {size} / {}, p50", sizes[0]);
                    report.ratio(&name, Goal::AtMost(1.2), p50(large) / small.p50);
                }
            }
        }
    }
    report.finish()
}

/// Calls that fail have no median.
fn p50(figures: &Figures) -> f64 {
    if figures.failed > 0 { f64::INFINITY } else { figures.p50 }
}

fn run_script(name: &str, size: u32, url: &str) -> anyhow::Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/service").join(name);
    let size = format!("n={size}");
    let output =
        Command::new("psql").args(["-qX", "-v", "ON_ERROR_STOP=1", "-v", &size, "-f"]).arg(script).arg(url).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

impl Stage {
    async fn calls(&self) -> anyhow::Result<Vec<(&'static str, Figures)>> {
        let submit = ("submit", submits(&self.duyetd, 1, self.time, &self.watched).await?);
        let (readers, desk) = (self.by_readers().await?, Links::to(&self.duyetd, Some("moderator")).await?);
        Ok([vec![submit], readers, self.by_queue(&desk).await?, self.by_moderators(&desk).await?].concat())
    }

    async fn by_readers(&self) -> anyhow::Result<Vec<(&'static str, Figures)>> {
        let (portal, articles) = (Links::to(&self.duyetd, Some("portal")).await?, self.articles);
        let some_article = move || article(usize::try_from(rand::random_range(0..articles)).unwrap_or_default());
        let client = portal.comments(0);
        let list = move |_| {
            let (mut client, article_id) = (client.clone(), some_article());
            async move {
                let request = v1::ListCommentsRequest { article_id, ..Default::default() };
                client.list_comments(request).await.map(drop)
            }
        };
        let list = ("list, first page", self.run(list).await?);
        let client = portal.comments(0);
        let count = move |_| {
            let (mut client, article_ids) = (client.clone(), (0..20).map(|_| some_article()).collect());
            async move { client.count_comments(v1::CountCommentsRequest { article_ids }).await.map(drop) }
        };
        Ok(vec![list, ("count of 20 articles", self.run(count).await?)])
    }

    async fn by_queue(&self, links: &Links) -> anyhow::Result<Vec<(&'static str, Figures)>> {
        let mut pages = Vec::new();
        for (what, filter, order) in queues(&article(7)) {
            let desk = links.desk(0);
            let filter = Some(filter);
            let page = move |_| {
                let (mut desk, filter) = (desk.clone(), filter.clone());
                let request = v1::ListQueueRequest { filter, order: order.into(), page_size: 20, ..Default::default() };
                async move { desk.list_queue(request).await.map(drop) }
            };
            pages.push((what, self.run(page).await?));
        }
        let (tokens, desk) = (walk(links).await?, links.desk(0));
        let deep = move |_| {
            let page_token = tokens.choose(&mut rand::rng()).cloned().unwrap_or_default();
            let (mut desk, page_size) = (desk.clone(), 20);
            let request = v1::ListQueueRequest { page_token, page_size, ..Default::default() };
            async move { desk.list_queue(request).await.map(drop) }
        };
        pages.push(("queue, deep page", self.run(deep).await?));
        Ok(pages)
    }

    async fn by_moderators(&self, links: &Links) -> anyhow::Result<Vec<(&'static str, Figures)>> {
        let desk = links.desk(0);
        let claim = move |_| {
            let mut desk = desk.clone();
            async move {
                let request = v1::ClaimNextRequest { limit: 10, ..Default::default() };
                let claimed = desk.claim_next(request).await?.into_inner();
                let comment_ids = claimed.cases.into_iter().filter_map(|case| Some(case.comment?.id)).collect();
                desk.release_claims(v1::ReleaseClaimsRequest { comment_ids }).await.map(drop)
            }
        };
        let claim = ("claim and release 10", self.run(claim).await?);
        let (week, quarter) = (self.stats(links, 7).await?, self.stats(links, 92).await?);
        Ok(vec![claim, ("stats of a week", week), ("stats of a quarter", quarter)])
    }

    async fn stats(&self, links: &Links, days: i64) -> anyhow::Result<Figures> {
        let desk = links.desk(0);
        let stats = move |_| {
            let mut desk = desk.clone();
            let seconds = (now() - chrono::Duration::days(days)).timestamp();
            let request = v1::GetStatsRequest { since: Some(prost_types::Timestamp { seconds, nanos: 0 }) };
            async move { desk.get_stats(request).await.map(drop) }
        };
        self.run(stats).await
    }

    async fn run<C, F>(&self, call: C) -> anyhow::Result<Figures>
    where
        C: Fn(usize) -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), tonic::Status>> + Send,
    {
        load::closed(1, self.time, &self.watched, call).await
    }
}

fn queues(article_id: &str) -> Vec<(&'static str, v1::QueueFilter, v1::QueueOrder)> {
    let filter = v1::QueueFilter::default;
    vec![
        ("queue, first page and count", filter(), v1::QueueOrder::Oldest),
        ("queue by score", filter(), v1::QueueOrder::Score),
        (
            "queue of an article",
            v1::QueueFilter { article_id: article_id.to_owned(), ..filter() },
            v1::QueueOrder::Oldest,
        ),
        ("queue, a common word", v1::QueueFilter { query: "đi chợ".to_owned(), ..filter() }, v1::QueueOrder::Oldest),
        (
            "queue, a word in no comment",
            v1::QueueFilter { query: "khongai".to_owned(), ..filter() },
            v1::QueueOrder::Oldest,
        ),
    ]
}

async fn walk(links: &Links) -> anyhow::Result<Vec<String>> {
    let (mut desk, mut tokens) = (links.desk(0), Vec::new());
    let mut page_token = String::new();
    for _ in 0..PAGES {
        let request = v1::ListQueueRequest { page_token, page_size: 200, ..Default::default() };
        page_token = desk.list_queue(request).await.context("walking")?.into_inner().next_page_token;
        if page_token.is_empty() {
            break;
        }
        tokens.push(page_token.clone());
    }
    Ok(tokens)
}

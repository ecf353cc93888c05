//! Comparison with other comment servers, over the same number of connections with one call in flight on each. They
//! do different work: no captcha, spam rules or queue, but Markdown and cookies. These figures therefore only show an
//! order of magnitude.

use std::{path::PathBuf, time::Duration};

use http::request::Builder;
use tonic::Status;

use crate::{
    baselines::Postgres,
    http_caller::HttpCaller,
    isso,
    lists::list_request,
    load::{self, CONNECTIONS, Figures},
    processes::Processes,
    readers::{ARTICLES, Links, article, words},
    remark42,
    report::{Goal, Report},
    servers::Server,
    submits::submits,
};

/// Number of articles whose comments are listed, with 20 comments each; none are added.
const LISTED_ARTICLES: usize = 10;
const LISTED: usize = 20;

/// The paths of the peers' programs.
pub(crate) struct Programs {
    pub(crate) remark42: Option<PathBuf>,
    pub(crate) isso: Option<PathBuf>,
}

/// A running peer, and how to call it.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    /// Returns the call that posts a text on an article.
    pub(crate) post: fn(&str, &str) -> HttpCall,
    /// Returns the call that reads the comments of an article.
    pub(crate) list: fn(&str) -> HttpCall,
}

/// A request without its host.
pub(crate) struct HttpCall {
    pub(crate) path: String,
    pub(crate) request: Builder,
    pub(crate) body: String,
}

/// Measures duyetd and the peers whose programs are given, in the same rounds.
pub(crate) async fn measure(programs: &Programs, rounds: usize, time: Duration) -> anyhow::Result<()> {
    let peers = start(programs)?;
    if peers.is_empty() {
        println!("No program to compare with: pass --remark42 PATH, --isso PATH or both.");
        return Ok(());
    }
    for peer in &peers {
        peer.fill_lists().await?;
    }
    let (ours, mut report) = (Ours::start()?, Report::default());
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        let [submit, embedded, listed] = ours.measure(time, &mut report).await?;
        for peer in &peers {
            let (name, [post, list]) = (peer.name, peer.measure(time, &mut report).await?);
            report.ratio(&format!("submit / {name} POST, rate"), Goal::Unset, submit.rate / post.rate);
            report.ratio(&format!("submit, embedded / {name} POST, rate"), Goal::Unset, embedded.rate / post.rate);
            report.ratio(&format!("list cached / {name} GET, rate"), Goal::Unset, listed.rate / list.rate);
        }
    }
    report.finish()
}

fn start(programs: &Programs) -> anyhow::Result<Vec<Peer>> {
    let mut peers = Vec::new();
    match &programs.remark42 {
        Some(program) => peers.push(remark42::start(&std::path::absolute(program)?)?),
        None => println!("Remark42 is skipped: --remark42 PATH names its program."),
    }
    match &programs.isso {
        Some(program) => peers.push(isso::start(&std::path::absolute(program)?)?),
        None => println!("Isso is skipped: --isso PATH names its program."),
    }
    Ok(peers)
}

impl Peer {
    fn callers(&self) -> Vec<HttpCaller> {
        (0..CONNECTIONS).map(|_| HttpCaller::to(self.server.address)).collect()
    }

    async fn fill_lists(&self) -> anyhow::Result<()> {
        let caller = HttpCaller::to(self.server.address);
        for number in 0..LISTED_ARTICLES * LISTED {
            send(&caller, (self.post)(&listed_article(number % LISTED_ARTICLES), &text())).await?;
        }
        Ok(())
    }

    async fn measure(&self, time: Duration, report: &mut Report) -> anyhow::Result<[Figures; 2]> {
        let (post, list) = (self.post, self.list);
        let post = self.run(time, move || post(&article(rand::random_range(0..ARTICLES)), &text())).await?;
        let list = self.run(time, move || list(&listed_article(rand::random_range(0..LISTED_ARTICLES)))).await?;
        report.line(&format!("{}: POST a comment", self.name), &post);
        report.line(&format!("{}: GET a list", self.name), &list);
        Ok([post, list])
    }

    async fn run(
        &self,
        time: Duration,
        call: impl Fn() -> HttpCall + Clone + Send + 'static,
    ) -> anyhow::Result<Figures> {
        let (callers, watched) = (self.callers(), Processes(vec![self.server.pid()]));
        load::closed(CONNECTIONS, time, &watched, move |number| {
            let (caller, call) = (callers[number].clone(), call());
            async move { send(&caller, call).await }
        })
        .await
    }
}

async fn send(caller: &HttpCaller, call: HttpCall) -> Result<(), Status> {
    caller.send(&call.path, call.request, call.body).await
}

fn listed_article(number: usize) -> String {
    format!("danh-sach-{number}")
}

/// Returns a text as long as that of duyetd's forms.
fn text() -> String {
    words(&mut rand::rng(), 300)
}

/// duyetd on PostgreSQL and Redis, and on SQLite.
struct Ours {
    postgres: Postgres,
    redis: Server,
    duyetd: Server,
    embedded: Server,
}

impl Ours {
    fn start() -> anyhow::Result<Self> {
        let (postgres, redis) = (Postgres::from_environment()?, Server::redis()?);
        postgres.psql("postgres", "create database peers")?;
        let (url, redis_url) = (postgres.database("peers"), redis.redis_url());
        let duyetd = Server::duyetd(&[("DATABASE_URL", url.as_str()), ("REDIS_URL", redis_url.as_str())])?;
        postgres.psql("peers", include_str!("seed.sql"))?;
        Ok(Self { embedded: Server::duyetd(&[])?, postgres, redis, duyetd })
    }

    /// Measures submits, submits on SQLite, and lists.
    async fn measure(&self, time: Duration, report: &mut Report) -> anyhow::Result<[Figures; 3]> {
        let all = Processes([&self.postgres.processes.0[..], &[self.redis.pid(), self.duyetd.pid()]].concat());
        let submit = submits(&self.duyetd, CONNECTIONS, time, &all).await?;
        let alone = Processes(vec![self.embedded.pid()]);
        let embedded = submits(&self.embedded, CONNECTIONS, time, &alone).await?;
        let links = Links::to(&self.duyetd, Some("portal")).await?;
        let list = load::closed(CONNECTIONS, time, &all, move |caller| {
            let mut client = links.comments(caller);
            async move { client.list_comments(list_request()).await.map(drop) }
        })
        .await?;
        report.line("submit, 8 in flight", &submit);
        report.line("submit, embedded, 8 in flight", &embedded);
        report.line("list, cached, 8 in flight", &list);
        Ok([submit, embedded, list])
    }
}

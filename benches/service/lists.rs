//! Lists and queue pages compared with pgbench's and with a prepared list.

use duyet_proto::v1;

use crate::{
    load::{self, CALLERS, Figures},
    processes::Processes,
    readers::{ARTICLES, Links, article},
    report::{Goal, Report},
    servers::Server,
    side_by_side::Bench,
};

/// Number of moderators who read the queue concurrently, and clients of the pgbench run to compare with.
const MODERATORS: usize = 8;

impl Bench {
    async fn lists(&self, server: &Server, role: Option<&str>, watched: &Processes) -> anyhow::Result<Figures> {
        let links = Links::to(server, role).await?;
        load::closed(CALLERS, self.time, watched, move |caller| {
            let mut client = links.comments(caller);
            async move { client.list_comments(list_request()).await.map(drop) }
        })
        .await
    }

    pub(crate) async fn list(&self, report: &mut Report) -> anyhow::Result<()> {
        let limit = self.postgres.pgbench("list.sql", CALLERS, self.time)?;
        let ready = self.lists(&self.bare, None, &Processes(vec![self.bare.pid()])).await?;
        let cached = self.lists(&self.duyetd, Some("portal"), &self.all()).await?;
        let watched = Processes([&self.postgres.processes.0[..], &[self.uncached.pid()]].concat());
        let uncached = self.lists(&self.uncached, Some("portal"), &watched).await?;
        report.line("pgbench: list, 50 in flight", &limit);
        report.line("tonic: ready list", &ready);
        report.line("list, cached", &cached);
        report.line("list, not cached", &uncached);
        report.ratio("list cached / ready list, rate", Goal::AtLeast(0.85), cached.rate / ready.rate);
        report.ratio("list not cached / pgbench list, rate", Goal::AtLeast(0.45), uncached.rate / limit.rate);
        Ok(())
    }

    pub(crate) async fn queue(&self, report: &mut Report) -> anyhow::Result<()> {
        let limit = self.postgres.pgbench("queue.sql", MODERATORS, self.time)?;
        let links = Links::to(&self.duyetd, Some("moderator")).await?;
        let ours = load::closed(MODERATORS, self.time, &self.all(), move |caller| {
            let mut desk = links.desk(caller);
            let request = v1::ListQueueRequest { page_size: 20, ..Default::default() };
            async move { desk.list_queue(request).await.map(drop) }
        })
        .await?;
        report.line("pgbench: queue page, 8 in flight", &limit);
        report.line("queue page with count, 8 in flight", &ours);
        report.ratio("queue page with count, rate/s", Goal::Unset, ours.rate);
        Ok(())
    }
}

/// Requests the first page of a random article.
pub(crate) fn list_request() -> v1::ListCommentsRequest {
    let article_id = article(rand::random_range(0..ARTICLES));
    v1::ListCommentsRequest { article_id, page_size: 20, ..Default::default() }
}

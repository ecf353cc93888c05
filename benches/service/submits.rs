//! Submits compared with the inserts that they need at least: by one caller, by fifty, by two hundred, and on SQLite.

use std::time::Duration;

use crate::{
    baselines,
    load::{self, CALLERS, Figures},
    processes::Processes,
    readers::{Forms, Links, now},
    report::{Goal, Report},
    servers::Server,
    side_by_side::Bench,
};

/// Number of callers, and of clients of the pgbench run to compare with.
pub(crate) const CROWD: usize = 200;
/// Number of forms created per second of the run: for each caller, and at most in total.
const MOST_OF_A_CALLER: usize = 5_000;
const MOST_SUBMITS: usize = 20_000;

impl Bench {
    async fn submits(&self, server: &Server, callers: usize, watched: &Processes) -> anyhow::Result<Figures> {
        submits(server, callers, self.time, watched).await
    }

    pub(crate) async fn lone(&self, report: &mut Report) -> anyhow::Result<()> {
        let limit = self.postgres.pgbench("token_insert.sql", 1, self.time)?;
        let ours = self.submits(&self.duyetd, 1, &self.all()).await?;
        report.line("pgbench: token and insert, 1 in flight", &limit);
        report.line("submit, 1 in flight", &ours);
        report.ratio("lone submit / token and insert, p50", Goal::AtMost(1.5), ours.p50 / limit.p50);
        Ok(())
    }

    pub(crate) async fn submit(&self, report: &mut Report) -> anyhow::Result<()> {
        let ours = self.submits(&self.duyetd, CALLERS, &self.all()).await?;
        report.line("submit, 50 in flight", &ours);
        report.ratio("submit at 50, p99 / p50", Goal::AtMost(2.0), ours.p99 / ours.p50);
        Ok(())
    }

    pub(crate) async fn crowd(&self, report: &mut Report) -> anyhow::Result<()> {
        let limit = self.postgres.pgbench("insert.sql", CROWD, self.time)?;
        let ours = self.submits(&self.duyetd, CROWD, &self.all()).await?;
        report.line("pgbench: one insert, 200 in flight", &limit);
        report.line("submit, 200 in flight", &ours);
        report.ratio("submit / insert at 200, rate", Goal::AtLeast(0.5), ours.rate / limit.rate);
        report.ratio("submit / insert at 200, CPU", Goal::AtMost(2.2), ours.cpu / limit.cpu);
        Ok(())
    }

    pub(crate) async fn embedded(&self, report: &mut Report) -> anyhow::Result<()> {
        let bare = baselines::sqlite_writer(CALLERS as u64, self.time).await?;
        let ours = self.submits(&self.embedded, CALLERS, &Processes(vec![self.embedded.pid()])).await?;
        report.line("bare SQLite writer, batches of 50", &bare);
        report.line("submit, embedded, 50 in flight", &ours);
        report.ratio("embedded / SQLite writer, rate", Goal::AtLeast(0.7), ours.rate / bare.rate);
        Ok(())
    }
}

pub(crate) async fn submits(
    server: &Server,
    callers: usize,
    time: Duration,
    watched: &Processes,
) -> anyhow::Result<Figures> {
    let forms = forms(server, callers, time)?;
    let links = Links::to(server, Some("portal")).await?;
    load::closed(callers, time, watched, move |caller| {
        let (mut client, form) = (links.comments(caller), forms.next());
        async move {
            let form = form.ok_or_else(|| tonic::Status::out_of_range("too few forms were made"))?;
            client.submit_comment(form).await.map(drop)
        }
    })
    .await
}

/// Creates as many forms as the callers can send, including the warm-up.
pub(crate) fn forms(server: &Server, callers: usize, time: Duration) -> anyhow::Result<Forms> {
    let a_second = (callers * MOST_OF_A_CALLER).min(MOST_SUBMITS);
    let count = usize::try_from((time + load::WARM_UP).as_secs() + 1)? * a_second;
    Forms::make(count, &server.keyring()?, now(), rand::random())
}

//! Reference measurements: pgbench and redis-benchmark with scripts of this project, and a bare SQLite writer.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use duyetd::store::{contract::DatabaseStore as _, sqlite::SqliteStore};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    load::{Figures, histogram, micros},
    processes::{Cost, Meter, Processes},
    readers,
    servers::Server,
};

const SCHEMA: &str = include_str!("pgbench/schema.sql");
/// Share of transactions whose durations are recorded.
const SAMPLED: &str = "0.2";

/// The running PostgreSQL that `benches/run` started.
#[derive(Clone)]
pub(crate) struct Postgres {
    /// URL of its database `postgres`.
    pub(crate) url: String,
    pub(crate) processes: Processes,
    pub(crate) log: PathBuf,
}

impl Postgres {
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let variable =
            |name| std::env::var(name).with_context(|| format!("{name} is not set: start this with benches/run"));
        let pid = variable("DUYET_BENCH_POSTGRES_PID")?.parse()?;
        let log = variable("DUYET_BENCH_POSTGRES_LOG")?.into();
        Ok(Self { url: variable("DUYET_BENCH_POSTGRES_URL")?, processes: Processes(vec![pid]), log })
    }

    pub(crate) fn database(&self, name: &str) -> String {
        self.url.rsplit_once('/').map_or_else(String::new, |(cluster, _)| format!("{cluster}/{name}"))
    }

    pub(crate) fn psql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let url = self.database(database);
        let output = Command::new("psql").args(["-qAtX", "-v", "ON_ERROR_STOP=1", &url, "-c", sql]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    pub(crate) fn make_anchors(&self) -> anyhow::Result<()> {
        self.psql("postgres", "create database anchors")?;
        for statement in SCHEMA.split_inclusive(";\n") {
            self.psql("anchors", statement)?;
        }
        Ok(())
    }

    /// Runs a script of `benches/service/pgbench` with prepared statements and `clients` clients. Rate and CPU
    /// exclude the first second, in which sessions begin, and the last one, in which they end.
    pub(crate) fn pgbench(&self, script: &str, clients: usize, time: Duration) -> anyhow::Result<Figures> {
        let (dir, seconds) = (tempfile::tempdir()?, time.as_secs() + 2);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/service/pgbench").join(script);
        let mut child = Command::new("pgbench")
            .current_dir(&dir)
            .args([
                "-n",
                "-M",
                "prepared",
                "-j",
                "1",
                "-c",
                &clients.to_string(),
                "-T",
                &seconds.to_string(),
                "-P",
                "1",
            ])
            .args(["-l", "--log-prefix=times", "--sampling-rate", SAMPLED, "-f"])
            .arg(script)
            .arg(self.database("anchors"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("pgbench")?;
        let messages = BufReader::new(child.stderr.take().context("a pipe")?);
        let (calls, cost) = self.watch_pgbench(messages, time)?;
        ensure!(child.wait()?.success(), "pgbench failed");
        let mut times = histogram();
        for file in dir.path().read_dir()? {
            for line in std::fs::read_to_string(file?.path())?.lines() {
                times.saturating_record(line.split(' ').nth(2).context("a time")?.parse()?);
            }
        }
        let (rate, cpu) = (calls / cost.window.as_secs_f64(), cost.cpu.as_secs_f64() * 1e6 / calls);
        Ok(Figures { rate, cpu, memory: self.processes.memory_mib(), ..Figures::of(&times, 0, cost) })
    }

    /// Returns the number of transactions that pgbench reports for `time` after its first report, and their cost.
    fn watch_pgbench(&self, messages: impl BufRead, time: Duration) -> anyhow::Result<(f64, Cost)> {
        let (mut said, mut calls, mut last) = (String::new(), 0.0, 0.0);
        let (mut began, mut measured) = (None, None);
        for line in messages.lines() {
            let line = line?;
            let Some((at, rate)) = progress(&line) else {
                said += &(line + "\n");
                continue;
            };
            let Some((meter, first)) = &began else {
                (began, last) = (Some((Meter::start(&self.processes), at)), at);
                continue;
            };
            if measured.is_none() {
                calls += rate * (at - last);
                last = at;
                // Reports arrive slightly after each full second.
                if at - first + 0.5 > time.as_secs_f64() {
                    measured = Some(Cost { window: Duration::from_secs_f64(at - first), ..meter.stop() });
                }
            }
        }
        Ok((calls, measured.with_context(|| format!("pgbench: {said}"))?))
    }
}

/// Parses seconds and rate from pgbench's `progress: 1.0 s, 5000.2 tps, lat …`.
fn progress(line: &str) -> Option<(f64, f64)> {
    let (at, rest) = line.strip_prefix("progress: ")?.split_once(" s, ")?;
    Some((at.parse().ok()?, rest.split_once(" tps")?.0.parse().ok()?))
}

/// Runs the limiter's own script with three keys, as a submit calls it.
pub(crate) fn redis_benchmark(redis: &Server, calls: u32) -> anyhow::Result<Figures> {
    let mut connection = redis::Client::open(redis.redis_url())?.get_connection()?;
    let script = include_str!("../../src/limiter/redis/gcra.lua");
    let hash: String = redis::cmd("SCRIPT").arg("LOAD").arg(script).query(&mut connection)?;
    let (processes, port) = (Processes(vec![redis.pid()]), redis.address.port().to_string());
    let (meter, calls_text) = (Meter::start(&processes), calls.to_string());
    let output = Command::new("redis-benchmark")
        .args(["-p", &port, "-c", "50", "-n", &calls_text, "-r", "10000", "--csv", "EVALSHA", &hash, "3"])
        .args(["rl:{d/__rand_int__}:a", "rl:{p/__rand_int__}:b", "rl:{article}:c"])
        // One check of three keys, with one demand for all: an event each 10 µs, a burst of a million.
        .args(["1", "10", "9999990", "1", "1", "0", "3", "1", "1", "1"])
        .output()
        .context("redis-benchmark")?;
    let cost = meter.stop();
    let text = String::from_utf8(output.stdout)?;
    // The columns are: test, rps, and the latencies in ms: avg, min, p50, p95, p99, max.
    let line = text.lines().last().unwrap_or_default();
    let fields: Vec<f64> = line.split(',').filter_map(|one| one.trim_matches('"').parse().ok()).collect();
    let [rate, _, _, p50, _, p99, longest] = fields[..] else { bail!("redis-benchmark says {text}") };
    Ok(Figures {
        rate,
        p50,
        p99,
        p999: longest,
        cpu: cost.cpu.as_secs_f64() * 1e6 / f64::from(calls),
        memory: processes.memory_mib(),
        others: cost.others,
        failed: 0,
    })
}

/// Inserts the rows of one submit, without checks. The site comes first, as in the service's own statements.
const ROWS: &str = "
    insert into requests (site_id, request_id, nonce, payload_hash, response, made_by, created_at)
        values ('default', $1, $6, $2, $3, $4, $5);
    insert into comments (site_id, comment_id, article_id, created_at, author_name, title, content, status, revision, reply_count,
        device, author, fingerprint, folded, findings, spam_score)
        values ('default', $4, 'bai-1', $5, 'Nguyễn Thị Lan', '', $7, 'PENDING', 1, 0, $6, $8, $2, $7, '[]', 0.1);
    insert into changes (site_id, seq, kind, comment_id, article_id, revision, at)
        select 'default', coalesce(max(seq), 0) + 1, 'COMMENT_SUBMITTED', $4, 'bai-1', 1, $5 from changes where site_id = 'default'";

/// Writes batches of `batch` submits' rows to the service's own tables, one after the other, with no other work.
pub(crate) async fn sqlite_writer(batch: u64, time: Duration) -> anyhow::Result<Figures> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("duyet.sqlite3");
    SqliteStore::open(&file).migrate().await?;
    let options = SqliteConnectOptions::new().filename(&file).pragma("synchronous", "full");
    let mut connection = SqliteConnection::connect_with(&options.statement_cache_capacity(100)).await?;
    sqlx::raw_sql(
        "insert into articles (site_id, article_id, title, url, revision, public_count, created_at) values ('default', 'bai-1', '', '', 1, 0, 0)",
    )
    .execute(&mut connection)
    .await?;
    let (mut rng, mut times, processes) = (StdRng::seed_from_u64(1), histogram(), Processes(vec![std::process::id()]));
    let (began, meter) = (Instant::now(), Meter::start(&processes));
    let mut at = 1_764_000_000_000_000_i64;
    while began.elapsed() < time {
        let batch_began = Instant::now();
        let mut tx = connection.begin_with("begin immediate").await?;
        for _ in 0..batch {
            let (id, nonce): ([u8; 16], [u8; 16]) = (rng.random(), rng.random());
            at += 50;
            let mut comment = rng.random::<[u8; 16]>();
            comment[..8].copy_from_slice(&at.to_be_bytes());
            sqlx::query(ROWS)
                .bind(&id[..])
                .bind(&rng.random::<[u8; 32]>()[..])
                .bind(r#"{"comment":"01a208ae-1f26-77bb-9a94-465c555dd43d","published_at":null}"#)
                .bind(&comment[..])
                .bind(at)
                .bind(&nonce[..])
                .bind(readers::words(&mut rng, 300))
                .bind(format!("{:016x}", u64::from_be_bytes(rng.random())))
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        for _ in 0..batch {
            times.saturating_record(micros(batch_began.elapsed()));
        }
    }
    Ok(Figures { memory: processes.memory_mib(), ..Figures::of(&times, 0, meter.stop()) })
}

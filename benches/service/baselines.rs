//! Limits to be measured against: pgbench and redis-benchmark with scripts of ours, and a bare SQLite writer.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use duyetd::store::{contract::DatabaseStore as _, sqlite::SqliteStore};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    load::{Figures, histogram, micros},
    processes::Processes,
    readers,
    servers::Server,
};

const SCHEMA: &str = include_str!("pgbench/schema.sql");
/// Transactions whose times are kept, of all.
const SAMPLED: &str = "0.2";

/// A PostgreSQL that runs, as `benches/run` starts it.
#[derive(Clone)]
pub(crate) struct Postgres {
    /// Of its database `postgres`.
    pub(crate) url: String,
    pub(crate) processes: Processes,
    /// What it logs.
    pub(crate) log: PathBuf,
}

impl Postgres {
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let told = |name| std::env::var(name).with_context(|| format!("{name}: start this by benches/run"));
        let pid = told("DUYET_BENCH_POSTGRES_PID")?.parse()?;
        let log = told("DUYET_BENCH_POSTGRES_LOG")?.into();
        Ok(Self { url: told("DUYET_BENCH_POSTGRES_URL")?, processes: Processes(vec![pid]), log })
    }

    /// The address of another database of the same cluster.
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

    /// A script of `benches/service/pgbench`, prepared, by so many clients.
    pub(crate) fn pgbench(&self, script: &str, clients: usize, time: Duration) -> anyhow::Result<Figures> {
        let (dir, before) = (tempfile::tempdir()?, self.processes.cpu());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/service/pgbench").join(script);
        let output = Command::new("pgbench")
            .current_dir(&dir)
            .args(["-n", "-M", "prepared", "-j", "1", "-c", &clients.to_string(), "-T", &time.as_secs().to_string()])
            .args(["-l", "--log-prefix=times", "--sampling-rate", SAMPLED, "-f"])
            .arg(script)
            .arg(self.database("anchors"))
            .output()
            .context("pgbench")?;
        ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        let cpu = self.processes.cpu().saturating_sub(before);
        let told = String::from_utf8(output.stdout)?;
        let number = |name: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(name)).context("pgbench's words")?;
            Ok::<f64, anyhow::Error>(line.split([' ', '/']).next().unwrap_or_default().parse()?)
        };
        let (rate, calls) = (number("tps = ")?, number("number of transactions actually processed: ")?);
        let mut times = histogram();
        for file in dir.path().read_dir()? {
            for line in std::fs::read_to_string(file?.path())?.lines() {
                times.saturating_record(line.split(' ').nth(2).context("a time")?.parse()?);
            }
        }
        let figures = Figures::of(&times, 0, time, Duration::ZERO);
        Ok(Figures { rate, cpu: cpu.as_secs_f64() * 1e6 / calls, memory: self.processes.memory_mib(), ..figures })
    }
}

/// Our own script with three keys, as a submit asks it.
pub(crate) fn redis_benchmark(redis: &Server, calls: u32) -> anyhow::Result<Figures> {
    let mut connection = redis::Client::open(redis.redis_url())?.get_connection()?;
    let script = include_str!("../../src/limiter/redis/gcra.lua");
    let hash: String = redis::cmd("SCRIPT").arg("LOAD").arg(script).query(&mut connection)?;
    let (processes, port) = (Processes(vec![redis.pid()]), redis.address.port().to_string());
    let (before, calls_text) = (processes.cpu(), calls.to_string());
    let limit = ["10", "9999990", "1", "1"];
    let output = Command::new("redis-benchmark")
        .args(["-p", &port, "-c", "50", "-n", &calls_text, "-r", "10000", "--csv", "EVALSHA", &hash, "3"])
        .args(["rl:{d/__rand_int__}:a", "rl:{p/__rand_int__}:b", "rl:{article}:c", "0"])
        .args([limit, limit, limit].concat())
        .output()
        .context("redis-benchmark")?;
    let cpu = processes.cpu().saturating_sub(before);
    let told = String::from_utf8(output.stdout)?;
    // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
    let line = told.lines().last().unwrap_or_default();
    let fields: Vec<f64> = line.split(',').filter_map(|one| one.trim_matches('"').parse().ok()).collect();
    let [rate, _, _, p50, _, p99, longest] = fields[..] else { bail!("redis-benchmark says {told}") };
    Ok(Figures {
        rate,
        p50,
        p99,
        p999: longest,
        cpu: cpu.as_secs_f64() * 1e6 / f64::from(calls),
        memory: processes.memory_mib(),
        failed: 0,
    })
}

/// Rows of one submit, as plainly as they can be written. Its site stands first, as in the service's own statements.
const ROWS: &str = "
    insert into requests (site_id, request_id, nonce, payload_hash, response, made_by, created_at)
        values ('default', $1, $6, $2, $3, $4, $5);
    insert into comments (site_id, comment_id, article_id, created_at, author_name, title, content, status, revision, reply_count,
        device, author, fingerprint, folded, findings, spam_score)
        values ('default', $4, 'bai-1', $5, 'Nguyễn Thị Lan', '', $7, 'PENDING', 1, 0, $6, $8, $2, $7, '[]', 0.1);
    insert into changes (site_id, seq, kind, comment_id, article_id, revision, at)
        select 'default', coalesce(max(seq), 0) + 1, 'COMMENT_SUBMITTED', $4, 'bai-1', 1, $5 from changes where site_id = 'default'";

/// Batches of `batch` submits' rows into the service's own tables, one after the other, with nothing around them.
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
    let (began, before) = (Instant::now(), processes.cpu());
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
    let (took, cpu) = (began.elapsed(), processes.cpu().saturating_sub(before));
    Ok(Figures { memory: processes.memory_mib(), ..Figures::of(&times, 0, took, cpu) })
}

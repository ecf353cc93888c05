//! Scenarios P7, N2 and L3, which take long and are run by `tests/run --faults --extended`. (P8, the lag of a read
//! replica, does not apply: the service does not read from replicas.)

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use duyet_proto::v1;
use sqlx::PgPool;

use super::{
    load::{Known, Load, settle},
    scenario::{percentile, scenario, whole_or},
    stage::Stage,
};
use crate::support::newsroom::{Portal, empty_database_url};

/// Reverts a migration that creates an index, so that the next start runs it again.
const UNDO: &str =
    "drop index comments_waiting_of_article; delete from _sqlx_migrations where version = 20261126100000";

/// Inserts as many comments as a busy newsroom has after years.
const MANY: &str = "insert into comments select 'default', gen_random_uuid(), 'bai', null, null, 'Lan', '', 'Bình luận ' || n,
        'PENDING', 1, now() - n * interval '1 second', null, now() - n * interval '1 second', 0, null, null, null, 'a' || n % 1000,
        decode(md5(n::text), 'hex'), 'binh luan ' || n, '[]', 0.1, null, 0, 0, null, null, null
    from generate_series(1, $1) n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "tests/run --faults --extended"]
async fn p7_an_index_on_a_million_rows_is_built_while_calls_go_on() {
    scenario("P7", "an index is added to 1,000,000 comments under load", async |report| {
        let url = empty_database_url().await;
        let stage = Stage::over(&url);
        let daemon = stage.daemon();
        daemon.portal().say("bai", "Câu đầu").await;
        let pool = PgPool::connect(&url).await.unwrap();
        let rows: i32 = whole_or(1_000_000, 50_000);
        sqlx::query(MANY).bind(rows).execute(&pool).await.unwrap();
        sqlx::raw_sql(UNDO).execute(&pool).await.unwrap();
        let load = Load::begin(&[daemon.portal()], 6, Duration::from_millis(10));
        load.until_stored(100).await;
        let began = Instant::now();
        let mut migrate = stage.command_in(stage.dir.path());
        let output = tokio::task::block_in_place(|| migrate.arg("migrate").output().unwrap());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let took = began.elapsed();
        let before = load.stored();
        load.until_stored(before + 50).await;
        let sent = load.end().await;
        let longest = sent.iter().map(|one| one.took).max().unwrap_or_default();
        let failed = sent.iter().filter(|one| !matches!(one.known, Known::Stored(_))).count();
        report.count("rows", usize::try_from(rows).unwrap());
        report.count("submits", sent.len());
        report.count("asked_to_retry", failed);
        report.ms("migration", took);
        report.ms("longest_call", longest);
        report.goal("no call > 1 s", longest <= Duration::from_secs(1));
        report.goal("0 errors", failed == 0);
    })
    .await;
}

/// Encodes one HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// `POST http /` by the indices of HPACK's static table.
const POST: &[u8] = &[0x83, 0x86, 0x84];

/// Sends frames of one attack until the server closes the connection or the time is over. Returns true if the server
/// closed the connection.
fn attack(addr: SocketAddr, kind: &str, until: Instant) -> bool {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut stream = 1;
    let mut answer = vec![0; 65_536];
    if socket.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).is_err() {
        return true;
    }
    if kind == "continuation flood" && socket.write_all(&frame(HEADERS, 0, 1, POST)).is_err() {
        return true;
    }
    while Instant::now() < until {
        let bytes = match kind {
            "rapid reset" => (0..50)
                .flat_map(|_| {
                    let both =
                        [frame(HEADERS, END_HEADERS, stream, POST), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())];
                    stream += 2;
                    both.concat()
                })
                .collect(),
            "continuation flood" => frame(CONTINUATION, 0, 1, &[b'x'; 8_192]),
            "ping flood" => frame(PING, 0, 0, &[7; 8]).repeat(100),
            "settings flood" => frame(SETTINGS, 0, 0, &[]).repeat(100),
            "empty data" => {
                let open = if stream == 1 { frame(HEADERS, END_HEADERS, 1, POST) } else { vec![] };
                stream = 3;
                [open, frame(DATA, 0, 1, &[]).repeat(100)].concat()
            }
            other => panic!("{other}"),
        };
        if socket.write_all(&bytes).is_err() || matches!(socket.read(&mut answer), Ok(0)) {
            return true;
        }
    }
    false
}

async fn times_of(portal: &mut Portal, calls: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..calls {
        let asked = Instant::now();
        let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
        portal.comments.list_comments(request).await.unwrap();
        times.push(asked.elapsed());
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "tests/run --faults --extended"]
async fn n2_http_2_attacks_slow_other_callers_at_most_twofold() {
    scenario("N2", "rapid reset, floods of CONTINUATION, PING, SETTINGS and empty DATA", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let mut portal = daemon.portal();
        portal.say("bai", "Câu đầu").await;
        let quiet = percentile(&times_of(&mut portal, 300).await, 99);
        let before = daemon.resident_bytes();
        let (mut closed, mut worst) = (0, Duration::ZERO);
        let kinds = ["rapid reset", "continuation flood", "ping flood", "settings flood", "empty data"];
        for kind in kinds {
            let (addr, until) =
                (daemon.grpc_addr, Instant::now() + whole_or(Duration::from_secs(20), Duration::from_secs(2)));
            let attackers: Vec<_> =
                (0..2).map(|_| tokio::task::spawn_blocking(move || attack(addr, kind, until))).collect();
            let busy = percentile(&times_of(&mut portal, 200).await, 99);
            worst = worst.max(busy);
            for attacker in attackers {
                closed += usize::from(attacker.await.unwrap());
            }
            println!("N2: {kind}: p99 {busy:?}");
        }
        let grown = daemon.resident_bytes().saturating_sub(before);
        report.count("attackers", kinds.len() * 2);
        report.count("cut_off", closed);
        report.ms("healthy_p99_before", quiet);
        report.ms("healthy_p99_worst", worst);
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        report.figure("growth_of_resident_memory_in_mib", (grown / 1_048_576) as f64);
        assert!(!daemon.http("/metrics").contains("duyet_panics_total 1"));
        report.goal("resident memory grows by < 50 MiB", grown < 50 * 1_048_576);
        report.goal("healthy p99 at most doubles", worst <= quiet * 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "tests/run --faults --extended"]
async fn l3_half_an_hour_of_load_does_not_grow_memory() {
    scenario("L3", "30 minutes of submits, lists and decisions", async |report| {
        let stage = Stage::over(&empty_database_url().await);
        let daemon = stage.daemon();
        let load = Load::begin(&[daemon.portal(), daemon.portal()], 4, Duration::from_millis(30));
        let span = whole_or(Duration::from_secs(1_800), Duration::from_secs(10));
        tokio::time::sleep(span / 10).await;
        let (memory, descriptors) = (daemon.resident_bytes(), daemon.descriptors());
        tokio::time::sleep(span * 9 / 10).await;
        let (grown, held) = (daemon.resident_bytes(), daemon.descriptors());
        let sent = load.end().await;
        settle(report, &daemon.portal(), &daemon.desk(), &sent).await;
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let growth = grown as f64 / memory as f64;
        report.figure("resident_memory_after_divided_by_before", (growth * 100.0).round() / 100.0);
        report.count("descriptors_before", descriptors);
        report.count("descriptors_after", held);
        report.goal("memory within 10 %", growth <= 1.1);
        report.goal("at most 8 more descriptors", held <= descriptors + 8);
    })
    .await;
}

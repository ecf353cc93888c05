//! Scenarios C1, C2, C4 and C5: duplicates of one request, two moderators, and closings, bans and takedowns concurrent
//! with submits and pages; on two replicas.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use duyet_proto::v1::{self, Action, BanEffect, BanSubject};
use duyetd::{
    domain::{id::SiteId, submission::Submission},
    store::{
        Store,
        postgres::{PoolSettings, PostgresStore},
    },
};
use sqlx::PgPool;
use tokio::{sync::Barrier, task::JoinSet};
use tonic::Code;

use super::{
    load::{Known, Sent, bounded, form, known, settle, settled},
    scenario::{Report, scenario, whole_or},
    stage::Stage,
};
use crate::support::{
    daemon::Daemon,
    newsroom::{Desk, decision, empty_database_url, reason},
    proxy::{Proxy, Trouble},
    readers::ban_of,
    sample::submission,
};

pub(super) async fn two_replicas() -> (String, Stage, [Daemon; 2]) {
    let url = empty_database_url().await;
    let stage = Stage::over(&url);
    let daemons = [stage.daemon(), stage.daemon()];
    (url, stage, daemons)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_duplicates_of_a_submit_whose_responses_are_lost_create_one_comment() {
    scenario(
        "C1",
        "8 concurrent duplicates of each submit at two replicas, half of the responses dropped",
        async |report| {
            let (_url, stage, daemons) = two_replicas().await;
            let deaf =
                [Proxy::start(daemons[0].grpc_addr.port()).await, Proxy::start(daemons[1].grpc_addr.port()).await];
            let straight = daemons.each_ref().map(|daemon| stage.portal_at(daemon.grpc_addr));
            let through = deaf.each_ref().map(|proxy| stage.portal_at(proxy.addr));
            for portal in &through {
                portal.clone().list("bai").await;
            }
            for proxy in &deaf {
                // The delay is longer than any caller waits: the request arrives, but its response does not.
                proxy.make(Trouble::Delay(Duration::from_secs(30)));
            }
            let (mut sent, mut answers_lost) = (Vec::new(), 0);
            for n in 0..whole_or(500, 40) {
                let Some(form) = form(&mut straight[n % 2].clone(), "bai", &format!("Câu số {n}")).await else {
                    continue;
                };
                let mut copies = JoinSet::new();
                for copy in 0..8 {
                    let mut portal = if copy < 4 { straight[copy % 2].clone() } else { through[copy % 2].clone() };
                    let form = form.clone();
                    copies.spawn(async move {
                        let request =
                            bounded(form, if copy < 4 { Duration::from_secs(5) } else { Duration::from_millis(300) });
                        known(portal.comments.submit_comment(request).await)
                    });
                }
                let asked = Instant::now();
                let answers = copies.join_all().await;
                let ids: BTreeSet<&String> = answers
                    .iter()
                    .filter_map(|one| if let Known::Stored(id) = one { Some(id) } else { None })
                    .collect();
                assert!(ids.len() <= 1, "one request created two comments: {answers:?}");
                answers_lost += answers.iter().filter(|one| matches!(one, Known::Open(..))).count();
                let last = settled(&straight[0], &form).await;
                assert!(ids.iter().all(|id| last == Known::Stored((*id).clone())), "{last:?} after {ids:?}");
                sent.push(Sent { form, known: last, asked, took: asked.elapsed() });
            }
            report.count("answers_lost", answers_lost);
            settle(report, &straight[1], &stage.desk_at(daemons[1].grpc_addr), &sent).await;
        },
    )
    .await;
}

/// Inserts pending comments of the default site directly into the store.
pub(super) async fn fill(url: &str, count: usize) -> Vec<String> {
    let store = PostgresStore::connect_lazy(url, PoolSettings::default()).unwrap();
    let one = |n: usize| {
        let mut one: Submission = submission(i64::try_from(n).unwrap());
        one.site = SiteId::parse("default").unwrap();
        one
    };
    let all: Vec<Submission> = (0..count).map(one).collect();
    let store: Arc<dyn Store> = Arc::new(store);
    for batch in all.chunks(64) {
        store.insert_submissions(batch).await.unwrap();
    }
    all.iter().map(|one| one.comment.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_of_two_concurrent_decisions_one_wins_and_the_other_is_stale() {
    scenario("C2", "two moderators decide each comment concurrently, at two replicas", async |report| {
        let (url, stage, daemons) = two_replicas().await;
        let ids = fill(&url, whole_or(10_000, 400)).await;
        let names = ["moderator", "admin"];
        let desks: [Desk; 2] = std::array::from_fn(|side| {
            crate::support::newsroom::desk_at(daemons[side].grpc_addr, &stage.token(names[side]))
        });
        let (ids, barrier) = (Arc::new(ids), Arc::new(Barrier::new(2)));
        let sides = [0, 1].map(|side| {
            let (mut desk, ids, barrier) = (desks[side].clone(), Arc::clone(&ids), Arc::clone(&barrier));
            tokio::spawn(async move {
                let mut results = Vec::with_capacity(ids.len());
                for id in ids.iter() {
                    let request = decision(id, if side == 0 { Action::Approve } else { Action::Reject });
                    barrier.wait().await;
                    let mut answer = desk.decide(request.clone()).await;
                    while answer.as_ref().is_err_and(|status| status.code() == Code::Unavailable) {
                        answer = desk.decide(request.clone()).await;
                    }
                    results.push(answer);
                }
                results
            })
        });
        let [first, second] = sides;
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        for (n, both) in first.into_iter().zip(second).enumerate() {
            let (won, lost, winner) = match both {
                (Ok(won), Err(lost)) => (won, lost, names[0]),
                (Err(lost), Ok(won)) => (won, lost, names[1]),
                both => panic!("{}: exactly one decision must win: {both:?}", ids[n]),
            };
            assert!(won.changed && won.decided_by == winner);
            assert_eq!((lost.code(), reason(&lost).as_str()), (Code::Aborted, "STALE_REVISION"));
            let details = tonic_types::StatusExt::get_details_error_info(&lost).unwrap().metadata;
            assert_eq!(details["decided_by"], winner);
        }
        let pool = PgPool::connect(&url).await.unwrap();
        let number = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap() };
        let (rows, comments) = (
            number("select count(*) from audit where action in ('APPROVE', 'REJECT')").await,
            number("select count(distinct comment_id) from audit where action in ('APPROVE', 'REJECT')").await,
        );
        let deadlocks = number("select deadlocks from pg_stat_database where datname = current_database()").await;
        report.count("pairs", ids.len());
        report.count("decided_twice", usize::try_from(rows - comments).unwrap());
        report.count("deadlocks", usize::try_from(deadlocks).unwrap());
        assert_eq!(
            (rows, comments),
            (i64::try_from(ids.len()).unwrap(), rows),
            "each decision must have one audit row"
        );
        assert_eq!(deadlocks, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_submits_that_begin_after_a_closing_or_a_ban_are_denied() {
    scenario("C4", "articles are closed and devices banned at one replica while both submit", async |report| {
        let (_url, stage, daemons) = two_replicas().await;
        let rounds = whole_or(40, 4);
        let (mut past, mut denied) = (0, 0);
        for round in 0..rounds {
            let by_ban = round % 2 == 1;
            let article = format!("bai-{round}");
            let mut desk = stage.desk_at(daemons[0].grpc_addr);
            let first = stage.portal_at(daemons[0].grpc_addr).say(&article, "Câu đầu").await;
            let over = Arc::new(AtomicBool::new(false));
            let mut writers = JoinSet::new();
            for writer in 0..4 {
                let mut portal = stage.portal_at(daemons[writer % 2].grpc_addr);
                let (over, article) = (Arc::clone(&over), article.clone());
                writers.spawn(async move {
                    let mut sent = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        let content = format!("Câu {writer}-{}", sent.len());
                        let Some(form) = form(&mut portal, &article, &content).await else { continue };
                        // The address is in the /24 prefix of the first comment, which `Portal::say` sends from.
                        let client = Some(v1::ReaderContext { ip: "203.0.113.99".into(), ..Default::default() });
                        let form = v1::SubmitCommentRequest { client, ..form };
                        let asked = Instant::now();
                        sent.push((asked, known(portal.comments.submit_comment(form).await)));
                    }
                    sent
                });
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
            if by_ban {
                let ban = ban_of(&mut desk, &first.comment_id, BanSubject::IpPrefix, BanEffect::Block).await;
                desk.ban(ban).await.unwrap();
            } else {
                desk.set_mode(&article, v1::Mode::Closed, 1).await;
            }
            let answered = Instant::now();
            tokio::time::sleep(Duration::from_millis(150)).await;
            over.store(true, Ordering::Relaxed);
            for (asked, result) in writers.join_all().await.into_iter().flatten() {
                match result {
                    Known::Stored(_) if asked > answered => past += 1,
                    Known::Failed(_, reason) => {
                        assert!(["ARTICLE_CLOSED", "BANNED"].contains(&reason.as_str()), "{reason}");
                        denied += 1;
                    }
                    Known::Stored(_) | Known::Open(..) => {}
                }
            }
            if by_ban {
                let bans = desk.ban_list(v1::ListBansRequest::default()).await.bans;
                for ban in bans {
                    desk.unban(&ban.id).await;
                }
            }
        }
        record(report, rounds, past, denied);
    })
    .await;
}

fn record(report: &mut Report, rounds: usize, past: usize, denied: usize) {
    report.count("rounds", rounds);
    report.count("denied_after", denied);
    report.count("accepted_after", past);
    assert_eq!(past, 0, "a submit that began after the response to the change was accepted");
    assert!(denied > 0, "no submit began after the response to the change");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c5_a_hidden_comment_is_on_no_page_requested_after_the_response() {
    scenario(
        "C5",
        "public comments are taken down at one replica while readers of both list the page",
        async |report| {
            let (_url, stage, daemons) = two_replicas().await;
            let mut desk = stage.desk_at(daemons[0].grpc_addr);
            let mut portal = stage.portal_at(daemons[0].grpc_addr);
            let count = whole_or(200, 20);
            let mut ids = Vec::new();
            for n in 0..count {
                let id = portal.say("bai", &format!("Câu số {n}")).await.comment_id;
                desk.approve(&id).await;
                ids.push(id);
            }
            assert_eq!(
                portal.list("bai").await.total_count,
                i64::try_from(count).unwrap(),
                "at first, all comments must be on the page"
            );
            let hidden: Arc<Mutex<Vec<String>>> = Arc::default();
            let over = Arc::new(AtomicBool::new(false));
            let mut readers = JoinSet::new();
            for reader in 0..4 {
                let mut portal = stage.portal_at(daemons[reader % 2].grpc_addr);
                let (hidden, over) = (Arc::clone(&hidden), Arc::clone(&over));
                readers.spawn(async move {
                    let (mut pages, mut shown_late) = (0_usize, 0_usize);
                    while !over.load(Ordering::Relaxed) {
                        let gone = hidden.lock().unwrap().clone();
                        let request =
                            v1::ListCommentsRequest { article_id: "bai".into(), page_size: 100, ..Default::default() };
                        let Ok(page) = portal.comments.list_comments(request).await else { continue };
                        shown_late +=
                            page.into_inner().comments.iter().filter(|shown| gone.contains(&shown.id)).count();
                        pages += 1;
                    }
                    (pages, shown_late)
                });
            }
            for id in &ids {
                let rejection = v1::DecideRequest { expected_revision: 2, ..decision(id, Action::Reject) };
                while desk.decide(rejection.clone()).await.is_err() {}
                hidden.lock().unwrap().push(id.clone());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            over.store(true, Ordering::Relaxed);
            let (pages, shown_late): (Vec<usize>, Vec<usize>) = readers.join_all().await.into_iter().unzip();
            let shown_late: usize = shown_late.into_iter().sum();
            assert_eq!(portal.list("bai").await.comments, []);
            report.count("hidden", count);
            report.count("pages_read_concurrently", pages.into_iter().sum());
            report.count("hidden_and_shown", shown_late);
            assert_eq!(shown_late, 0, "a hidden comment is on a page requested later");
        },
    )
    .await;
}

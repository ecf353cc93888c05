//! Scenario C3: many moderators claim at two replicas, and some vanish without releasing their claims.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use duyet_proto::v1::{self, Action};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::task::JoinSet;

use super::{
    races::{fill, two_replicas},
    scenario::{scenario, whole_or},
    stage::Stage,
};
use crate::support::newsroom::{Desk, decision, desk_at, reason};

const LEASE: Duration = Duration::from_secs(2);

/// The span in which a worker certainly held a comment.
type Spell = (Instant, Instant);

/// The shared record of all workers.
#[derive(Default)]
struct Board {
    held: HashMap<String, Vec<Spell>>,
    done: BTreeSet<String>,
    /// Comments whose holder vanished, with the time.
    vanished: BTreeMap<String, Instant>,
    longest_wait: Duration,
}

impl Board {
    fn claim(&mut self, id: String, asked: Instant, got: Instant) {
        if let Some(since) = self.vanished.remove(&id) {
            self.longest_wait = self.longest_wait.max(got - since);
        }
        // The worker holds the comment from the response until the end of the lease, which begins at the request.
        self.held.entry(id).or_default().push((got, asked + LEASE));
    }

    fn decide(&mut self, id: String) {
        if let Some(last) = self.held.get_mut(&id).and_then(|spells| spells.last_mut()) {
            last.1 = last.1.min(Instant::now());
        }
        self.done.insert(id);
    }

    fn doubles(&mut self) -> usize {
        let overlaps = |spells: &mut Vec<Spell>| {
            spells.sort();
            spells.windows(2).filter(|pair| pair[1].0 < pair[0].1).count()
        };
        self.held.values_mut().map(overlaps).sum()
    }
}

async fn work(mut desk: Desk, board: Arc<Mutex<Board>>, count: usize, mut chance: StdRng) {
    while board.lock().unwrap().done.len() < count {
        let lease = Some(prost_types::Duration { seconds: 2, nanos: 0 });
        let request = v1::ClaimNextRequest { limit: 5, lease, ..Default::default() };
        let asked = Instant::now();
        let Ok(claimed) = desk.moderation.claim_next(request).await else { continue };
        let got = Instant::now();
        let ids: Vec<String> = claimed.into_inner().cases.into_iter().map(|case| case.comment.unwrap().id).collect();
        if ids.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        for id in &ids {
            board.lock().unwrap().claim(id.clone(), asked, got);
        }
        if chance.random_ratio(1, 6) {
            let now = Instant::now();
            board.lock().unwrap().vanished.extend(ids.into_iter().map(|id| (id, now)));
            // The worker vanishes without releasing its claims. After the lease it continues without any claims.
            tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
            continue;
        }
        for id in ids {
            match desk.decide(decision(&id, Action::Approve)).await {
                Ok(_) => board.lock().unwrap().decide(id),
                Err(status) => {
                    let rejection = reason(&status);
                    assert!(
                        ["STALE_REVISION", "OVERLOADED", "STORAGE_UNAVAILABLE"].contains(&rejection.as_str()),
                        "{rejection}"
                    );
                }
            }
        }
    }
}

/// Creates an access token for one moderator by `duyetd token create`.
fn token_of(stage: &Stage, n: usize) -> String {
    let mut command = stage.command_in(stage.dir.path());
    let name = format!("tho-{n}");
    command.args(["token", "create", "--role", "moderator", "--site", "default", "--name", &name]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_claims_of_vanished_workers_expire_and_claims_never_overlap() {
    scenario("C3", "20 workers claim at two replicas, some vanish without releasing their claims", async |report| {
        let (url, stage, daemons) = two_replicas().await;
        let count = whole_or(2_000, 200);
        let ids = fill(&url, count).await;
        let board: Arc<Mutex<Board>> = Arc::default();
        let tokens: Vec<String> = (0..20).map(|n| token_of(&stage, n)).collect();
        let mut workers = JoinSet::new();
        for (n, token) in tokens.iter().enumerate() {
            let desk = desk_at(daemons[n % 2].grpc_addr, token);
            let chance = StdRng::seed_from_u64(report.seed.wrapping_add(n as u64));
            workers.spawn(work(desk, Arc::clone(&board), count, chance));
        }
        workers.join_all().await;
        let mut board = board.lock().unwrap();
        assert_eq!(board.done, ids.into_iter().collect::<BTreeSet<_>>(), "every comment must be decided");
        let (doubles, waited) = (board.doubles(), board.longest_wait);
        report.count("comments", count);
        report.count("claimed_by_two_workers", doubles);
        report.ms("longest_until_a_vanished_claim_was_offered_again", waited);
        assert_eq!(doubles, 0);
        report.goal("offered again <= lease + 1 s", waited <= LEASE + Duration::from_secs(1));
    })
    .await;
}

//! Many concurrent claimers, some of which are cancelled in the middle of a call.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use duyetd::{
    domain::{
        claim::{ClaimRequest, Claimed},
        id::CommentId,
        lifecycle::Action,
        queue::{QueueFilter, QueueOrder},
    },
    store::Store,
};
use tokio::task::JoinSet;

use super::claims::{LAN, Wish};
use crate::support::{
    home::{Home, decide_one},
    sample::{at, decision, site},
};

const COMMENTS: i64 = 400;
const CLAIMERS: usize = 20;

/// Pseudo-random numbers, the same in every run.
struct Dice(AtomicU64);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let seed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 33) % sides
    }
}

/// Makes a claimer's call in a task of its own.
fn call(
    store: &Arc<dyn Store>,
    moderator: &str,
    order: QueueOrder,
    count: usize,
    renew: Vec<CommentId>,
    (now, lease): (i64, i64),
) -> tokio::task::JoinHandle<Claimed> {
    let (store, moderator) = (Arc::clone(store), moderator.to_owned());
    tokio::spawn(async move {
        let filter = QueueFilter::default();
        let (now, until) = (at(now), at(now + lease));
        let (site, renew) = (site(), &renew[..]);
        let request =
            ClaimRequest { site: &site, moderator: &moderator, filter: &filter, order, count, renew, now, until };
        store.claim_next(&request).await.unwrap()
    })
}

/// Cancels a call after some steps, as a client that vanished would. Returns `None` when the call had not finished.
async fn cut_short(call: tokio::task::JoinHandle<Claimed>, steps: u64) -> Option<Claimed> {
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
    call.abort();
    call.await.ok()
}

/// The spans in which a claimer held a comment.
type Spells = Mutex<BTreeMap<CommentId, Vec<(i64, i64, usize)>>>;

/// Counts the deadlocks in this test's database. Closes the store, because connections report their
/// statistics when they close.
async fn deadlocks(home: &Home) -> i64 {
    home.store.close().await;
    if !home.is_postgres() {
        return 0;
    }
    home.number("select deadlocks from pg_stat_database where datname = current_database()").await
}

contract! {
    async fn no_comment_is_claimed_by_two_moderators_and_all_claims_expire(home: &Home) {
        const LEASE: i64 = 25;
        home.crowd(COMMENTS).await;
        let clock = Arc::new(AtomicI64::new(0));
        let spells = Arc::new(Spells::default());
        let dice = Arc::new(Dice(AtomicU64::new(7)));
        let mut claimers = JoinSet::new();
        for claimer in 0..CLAIMERS {
            let (store, clock, spells, dice) =
                (home.store.clone(), Arc::clone(&clock), Arc::clone(&spells), Arc::clone(&dice));
            claimers.spawn(async move {
                let mut held: Vec<CommentId> = Vec::new();
                for _ in 0..12 {
                    let now = clock.fetch_add(1, Ordering::Relaxed);
                    let order = QueueOrder::ALL[usize::try_from(dice.roll(4)).unwrap()];
                    held.truncate(usize::try_from(dice.roll(10)).unwrap());
                    let count = usize::try_from(dice.roll(30)).unwrap();
                    let call = call(&store, &format!("desk-{claimer}"), order, count, std::mem::take(&mut held), (now, LEASE));
                    let claimed = if dice.roll(4) == 0 { cut_short(call, dice.roll(200)).await } else { Some(call.await.unwrap()) };
                    let Some(claimed) = claimed else { continue };
                    held = [claimed.new, claimed.renewed].concat();
                    let mut spells = spells.lock().unwrap();
                    for id in &held {
                        spells.entry(*id).or_default().push((now, now + LEASE, claimer));
                    }
                }
            });
        }
        claimers.join_all().await;
        for (id, mut of_one) in std::mem::take(&mut *spells.lock().unwrap()) {
            of_one.sort_unstable();
            for pair in of_one.windows(2) {
                let ((_, until, one), (from, _, other)) = (pair[0], pair[1]);
                assert!(one == other || until <= from, "{id} was held by two: {of_one:?}");
            }
        }
        // Claims of cancelled calls, which no claimer knows about, have expired, too.
        let after = clock.load(Ordering::Relaxed) + LEASE;
        let mut offered = BTreeSet::new();
        loop {
            // A moderator may hold a limited number of claims, so each call is by another moderator.
            let moderator = format!("lan-{}", offered.len());
            let claimed = call(&home.store, &moderator, QueueOrder::Oldest, 50, vec![], (after, LEASE)).await.unwrap();
            if claimed.new.is_empty() {
                break;
            }
            for id in claimed.new {
                assert!(offered.insert(id), "{id} was offered twice");
            }
        }
        assert_eq!(offered.len(), usize::try_from(COMMENTS).unwrap());
        assert_eq!(deadlocks(home).await, 0);
    }

    async fn a_decided_comment_is_never_offered_during_concurrent_claims_and_releases(home: &Home) {
        let crowd = home.crowd(COMMENTS).await;
        let clock = Arc::new(AtomicI64::new(0));
        let decided = Arc::new(Mutex::new(BTreeSet::new()));
        let dice = Arc::new(Dice(AtomicU64::new(11)));
        let mut claimers = JoinSet::new();
        for claimer in 0..CLAIMERS {
            let (store, clock, decided, dice) =
                (home.store.clone(), Arc::clone(&clock), Arc::clone(&decided), Arc::clone(&dice));
            let crowd: Vec<CommentId> = crowd.iter().map(|comment| comment.id).collect();
            claimers.spawn(async move {
                let name = format!("desk-{}", claimer % 7);
                let mut held: Vec<CommentId> = Vec::new();
                for _ in 0..10 {
                    let now = clock.fetch_add(1, Ordering::Relaxed);
                    let before: BTreeSet<CommentId> = decided.lock().unwrap().clone();
                    let claimed =
                        call(&store, &name, QueueOrder::Score, 12, std::mem::take(&mut held), (now, 15)).await.unwrap();
                    let given = [claimed.new, claimed.renewed].concat();
                    assert!(given.iter().all(|id| !before.contains(id)), "a decided comment was offered");
                    let stranger = crowd[usize::try_from(dice.roll(COMMENTS.unsigned_abs())).unwrap()];
                    for id in given.iter().copied().take(2).chain([stranger]) {
                        let action = if dice.roll(2) == 0 { Action::Approve } else { Action::Reject };
                        if decide_one(&*store, &decision(now, id, action, 1)).await.is_ok() {
                            decided.lock().unwrap().insert(id);
                        }
                    }
                    if dice.roll(2) == 0 {
                        let some = if dice.roll(2) == 0 { vec![] } else { given.clone() };
                        store.release_claims(&site(), &name, &some, at(now)).await.unwrap();
                    }
                    held = given.into_iter().skip(2).collect();
                }
            });
        }
        claimers.join_all().await;
        let sql = "select count(*) from claims k join comments c on c.comment_id = k.comment_id where c.status <> 'PENDING'";
        assert_eq!(home.number(sql).await, 0, "a decided comment is held");
        let decided = decided.lock().unwrap().len();
        assert_eq!(home.rows("audit").await, i64::try_from(decided).unwrap(), "each comment is decided once");
        let waiting = home.number("select count(*) from comments where status = 'PENDING'").await;
        assert_eq!(waiting, COMMENTS - i64::try_from(decided).unwrap());
        home.recount().await;
        assert_eq!(deadlocks(home).await, 0);
    }

    async fn twenty_concurrent_claimers_share_the_queue(home: &Home) {
        home.crowd(60).await;
        let Wish { now, lease, order, .. } = LAN;
        let calls: Vec<_> =
            (0..CLAIMERS).map(|n| call(&home.store, &format!("desk-{n}"), order, 3, vec![], (now, lease))).collect();
        let mut offered = BTreeSet::new();
        for call in calls {
            for id in call.await.unwrap().new {
                assert!(offered.insert(id), "{id} was offered twice");
            }
        }
        // A call that skipped rows which another call had locked may have found fewer; one more call gets the rest.
        let rest = call(&home.store, "lan", order, 60, vec![], (now, lease)).await.unwrap().new;
        assert_eq!(offered.len() + rest.len(), 60);
    }
}

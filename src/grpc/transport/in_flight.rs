//! Counts unary calls under way: sheds beyond a bound, and tells a drain when the last one is done. The bound follows what the machine
//! and its database can do: it falls while calls are slow, and grows again where it is used. Submits and decisions are let in longest.
//! A call is counted when its caller is known and its message was read, so nobody holds a permit with half a message; and no site or
//! token holds more than its share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    domain::{
        Error, Result,
        access::{Caller, Role},
        permits::{Permit, Permits, Shares},
    },
    ops::metric,
};

/// Calls under way at once: a submit waits for the database, not for a core, so this is far more than cores.
const MOST: u32 = 1_024;

/// Calls whose token is being looked up, at once. They cost little and hold nothing up.
const MOST_AT_THE_DOOR: u32 = 2_048;

/// Unfinished messages, those of one site and of one token.
const UNFINISHED: Shares = Shares { all: 2_048, site: 1_536, token: 1_024 };

/// So many are let in however slow things are, or nothing would ever show that they are better.
const LEAST: f64 = 32.0;

/// What takes so long has waited: as long as a call waits for a connection of the database.
const SLOW: Duration = Duration::from_millis(500);

/// Slow calls come in crowds. The bound falls by this, once for a crowd.
const LESS: f64 = 0.8;

/// What everybody can do without for a while is let in to so many quarters of the bound.
const QUARTERS_FOR_OTHERS: usize = 3;

/// Of what a call of its rank is let in to, one site may hold so many quarters, so that others get in while it floods.
const QUARTERS_OF_A_SITE: usize = 3;

/// A person's token holds one quarter at most, and never fewer than this: a portal's may hold its site's whole share.
const LEAST_OF_A_PERSON: usize = 8;

/// Shed last: what a reader or a moderator did, and must not lose. That is every RPC that takes a `request_id`, challenges
/// and claims.
const FIRST: [&str; 22] = [
    "/duyet.v1.CaptchaService/IssueChallenge",
    "/duyet.v1.CaptchaService/VerifyChallenge",
    "/duyet.v1.CommentService/SubmitComment",
    "/duyet.v1.CommentService/ReportComment",
    "/duyet.v1.CommentService/WithdrawComment",
    "/duyet.v1.ModerationService/Decide",
    "/duyet.v1.ModerationService/BulkDecide",
    "/duyet.v1.ModerationService/Revert",
    "/duyet.v1.ModerationService/ClaimNext",
    "/duyet.v1.ModerationService/ReleaseClaims",
    "/duyet.v1.ModerationService/Escalate",
    "/duyet.v1.ModerationService/AddNote",
    "/duyet.v1.BanService/CreateBan",
    "/duyet.v1.BanService/RevokeBan",
    "/duyet.v1.PolicyService/UpdateArticle",
    "/duyet.v1.PolicyService/UpdateSite",
    "/duyet.v1.PolicyService/Lockdown",
    "/duyet.v1.PolicyService/ApprovePending",
    "/duyet.v1.PrivacyService/EraseAuthor",
    "/duyet.v1.PrivacyService/RevealSender",
    "/duyet.v1.RuleService/PutTerm",
    "/duyet.v1.RuleService/DeleteTerm",
];

/// Never slow but for load: their time says how the machine does.
const MEASURED: [&str; 5] = [
    "/duyet.v1.CommentService/SubmitComment",
    "/duyet.v1.CommentService/ListComments",
    "/duyet.v1.CommentService/CountComments",
    "/duyet.v1.CommentService/GetComment",
    "/duyet.v1.ModerationService/Decide",
];

/// Unary calls under way.
#[derive(Clone)]
pub struct InFlight {
    door: Arc<Semaphore>,
    permits: Arc<Semaphore>,
    shares: Arc<Permits>,
    unfinished: Arc<Permits>,
    bound: Arc<Mutex<Bound>>,
}

impl Default for InFlight {
    /// To be made after the metrics' recorder is installed.
    fn default() -> Self {
        metric::call_bound(MOST as usize);
        Self {
            door: Arc::new(Semaphore::new(MOST_AT_THE_DOOR as usize)),
            permits: Arc::new(Semaphore::new(MOST as usize)),
            shares: Arc::default(),
            unfinished: Arc::default(),
            bound: Arc::default(),
        }
    }
}

impl InFlight {
    /// Waits until no call is under way. Streams are not counted: they end when the process does, and resume elsewhere.
    pub async fn drained(&self) {
        // Fails only when the semaphore is closed, which nobody does.
        let _nobody_comes = self.door.acquire_many(MOST_AT_THE_DOOR).await;
        let _all = self.permits.acquire_many(MOST).await;
    }

    /// Lets a call to the door, where its token is checked, or sheds it at once: a fast "no" is worth more than
    /// a slow "yes".
    ///
    /// # Errors
    /// `Overloaded`.
    pub(in crate::grpc) fn knock(&self, path: &str) -> Result<OwnedSemaphorePermit> {
        let at_the_door = Arc::clone(&self.door).try_acquire_owned().ok();
        at_the_door.filter(|_| self.under_way() < self.bound_of(path)).ok_or_else(|| shed(path))
    }

    /// A permit to wait for a message that is not there yet.
    pub(in crate::grpc) fn wait(&self, caller: &Arc<Caller>) -> Option<Permit> {
        self.unfinished.take(caller, UNFINISHED)
    }

    /// Takes a permit for a call whose message was read.
    ///
    /// # Errors
    /// `Overloaded` when there is none, or the caller's site or token holds its share.
    pub(in crate::grpc) fn enter(&self, path: &str, caller: &Arc<Caller>) -> Result<UnderWay> {
        let all = self.bound_of(path);
        let site = all * QUARTERS_OF_A_SITE / 4;
        let token = if caller.role == Role::Portal { site } else { (all / 4).max(LEAST_OF_A_PERSON) };
        // Whatever the bound fell to, the calls that were let in before are counted too.
        let share = self.shares.take(caller, Shares { all, site, token });
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        let (Some(share), Some(permit)) = (share, permit) else { return Err(shed(path)) };
        let began = MEASURED.contains(&path).then(Instant::now);
        Ok(UnderWay { in_flight: self.clone(), began, _share: share, _permit: permit })
    }

    fn under_way(&self) -> usize {
        MOST as usize - self.permits.available_permits()
    }

    /// How many calls may be under way for a call to `path` to be let in.
    fn bound_of(&self, path: &str) -> usize {
        let bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner).calls();
        if FIRST.contains(&path) { bound } else { bound * QUARTERS_FOR_OTHERS / 4 }
    }

    fn learn(&self, took: Duration) {
        let under_way = self.under_way();
        let mut bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
        let before = bound.calls();
        bound.learn(took, under_way, Instant::now());
        if bound.calls() != before {
            metric::call_bound(bound.calls());
        }
    }
}

/// How many calls may be under way: additive increase, multiplicative decrease.
#[derive(Debug)]
struct Bound {
    calls: f64,
    lowered: Option<Instant>,
}

impl Default for Bound {
    fn default() -> Self {
        Self { calls: f64::from(MOST), lowered: None }
    }
}

impl Bound {
    /// Of a call that is over after `took`, beside so many others.
    fn learn(&mut self, took: Duration, under_way: usize, now: Instant) {
        if took < SLOW {
            if under_way * 2 >= self.calls() {
                self.calls = (self.calls + 1.0).min(f64::from(MOST));
            }
        } else if self.lowered.is_none_or(|lowered| now.duration_since(lowered) >= SLOW) {
            self.calls = (self.calls * LESS).max(LEAST);
            self.lowered = Some(now);
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between LEAST and MOST")]
    const fn calls(&self) -> usize {
        self.calls as usize
    }
}

/// A call under way.
pub(in crate::grpc) struct UnderWay {
    in_flight: InFlight,
    began: Option<Instant>,
    _share: Permit,
    _permit: OwnedSemaphorePermit,
}

impl UnderWay {
    /// Notes that it is over, and how long it took.
    pub(in crate::grpc) fn end(self) {
        if let Some(began) = self.began {
            self.in_flight.learn(began.elapsed());
        }
    }
}

fn shed(path: &str) -> Error {
    metric::shed(if FIRST.contains(&path) { "FIRST" } else { "OTHER" });
    Error::Overloaded { what: "calls under way", retry_after: Duration::from_millis(200) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(5);

    fn after_slow_calls(count: u32) -> (Bound, Instant) {
        let (mut bound, mut now) = (Bound::default(), Instant::now());
        for _ in 0..count {
            now += SLOW;
            bound.learn(SLOW, 1_000, now);
        }
        (bound, now)
    }

    #[test]
    fn the_bound_falls_while_calls_are_slow_once_for_a_crowd_and_never_to_nothing() {
        let (mut bound, now) = after_slow_calls(1);
        assert_eq!(bound.calls(), 819);
        for _ in 0..100 {
            bound.learn(Duration::from_secs(3), 819, now + SLOW / 2);
        }
        assert_eq!(bound.calls(), 819, "they all waited for the same thing");
        assert_eq!(after_slow_calls(100).0.calls(), 32);
    }

    #[test]
    fn the_bound_grows_again_where_it_is_used() {
        let (mut bound, now) = after_slow_calls(100);
        bound.learn(QUICK, 15, now);
        assert_eq!(bound.calls(), 32, "half of it is not even used");
        for _ in 0..5_000 {
            let under_way = bound.calls();
            bound.learn(QUICK, under_way, now);
        }
        assert_eq!(bound.calls(), 1_024);
    }

    #[test]
    fn every_name_in_the_lists_is_of_an_rpc() {
        let known = |path: &&&str| crate::grpc::role::allowed(path).is_some();
        let all = FIRST.iter().chain(&MEASURED);
        assert_eq!(all.clone().filter(known).count(), all.count());
    }
}

//! The limit on concurrent unary calls. It sheds load beyond an adaptive bound, and lets a drain wait until the last
//! call has ended.
//!
//! The bound adapts to the capacity of the machine and its database: additive increase while calls are fast,
//! multiplicative decrease when they are slow. Writes such as submissions and decisions are shed last. A call is
//! counted only after its caller was authenticated and its message was read. Incomplete messages hold separate permits,
//! so that slow senders keep no calls out. Each site and each token has a maximum share.

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

/// Maximum number of concurrent calls. Calls mostly wait for the database and not for a core, so this is far more than
/// the number of cores.
const MOST: u32 = 1_024;

/// Maximum number of calls whose token is being verified at the same time. Such calls are cheap and hold no other
/// resources.
const MOST_AUTHENTICATING: u32 = 2_048;

/// Maximum numbers of incomplete messages in total, per site and per token.
const UNFINISHED: Shares = Shares { all: 2_048, site: 1_536, token: 1_024 };

/// Lowest value of the bound. Without it, no call would be admitted that could show that the load has decreased.
const LEAST: f64 = 32.0;

/// A call that takes this long was delayed by load. A call also waits at most this long for a PostgreSQL connection.
const SLOW: Duration = Duration::from_millis(500);

/// Factor by which slow calls lower the bound. It applies once per [`SLOW`], because slow calls occur together.
const LESS: f64 = 0.8;

/// Share of the bound, in quarters, that is available to calls outside [`FIRST`]. Clients can do without these for a
/// while.
const QUARTERS_FOR_OTHERS: usize = 3;

/// Share of the bound, in quarters, that one site may use, so that a flood on one site leaves capacity for others.
const QUARTERS_OF_A_SITE: usize = 3;

/// The token of a moderator or admin may have a quarter of the bound in flight, but at least this number of calls. A
/// portal's token may use the whole share of its site.
const LEAST_OF_A_PERSON: usize = 8;

/// The RPCs that are shed last, because a reader's or moderator's action must not be lost: every RPC with a
/// `request_id`, challenges and claims.
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

/// The RPCs whose duration is measured. They are slow only under load.
const MEASURED: [&str; 5] = [
    "/duyet.v1.CommentService/SubmitComment",
    "/duyet.v1.CommentService/ListComments",
    "/duyet.v1.CommentService/CountComments",
    "/duyet.v1.CommentService/GetComment",
    "/duyet.v1.ModerationService/Decide",
];

/// The unary calls in flight.
#[derive(Clone)]
pub struct InFlight {
    authenticating: Arc<Semaphore>,
    permits: Arc<Semaphore>,
    shares: Arc<Permits>,
    unfinished: Arc<Permits>,
    bound: Arc<Mutex<Bound>>,
}

impl Default for InFlight {
    /// Must be created after the metrics recorder was installed.
    fn default() -> Self {
        metric::call_bound(MOST as usize);
        Self {
            authenticating: Arc::new(Semaphore::new(MOST_AUTHENTICATING as usize)),
            permits: Arc::new(Semaphore::new(MOST as usize)),
            shares: Arc::default(),
            unfinished: Arc::default(),
            bound: Arc::default(),
        }
    }
}

impl InFlight {
    /// Waits until no call is in flight. Streams are not counted: they end with the process, and clients resume them on
    /// another replica.
    pub async fn drained(&self) {
        // `acquire_many` fails only if the semaphore is closed, which never happens.
        let _none_admitted = self.authenticating.acquire_many(MOST_AUTHENTICATING).await;
        let _all = self.permits.acquire_many(MOST).await;
    }

    /// Admits a call to authentication or sheds it immediately: a fast rejection is better than a slow response.
    ///
    /// # Errors
    /// `Overloaded`.
    pub(in crate::grpc) fn admit(&self, path: &str) -> Result<OwnedSemaphorePermit> {
        let authenticating = Arc::clone(&self.authenticating).try_acquire_owned().ok();
        authenticating.filter(|_| self.under_way() < self.bound_of(path)).ok_or_else(|| shed(path))
    }

    /// Takes a permit to wait for an incomplete message, or `None` when there are too many.
    pub(in crate::grpc) fn wait(&self, caller: &Arc<Caller>) -> Option<Permit> {
        self.unfinished.take(caller, UNFINISHED)
    }

    /// Takes a permit for a call whose message was read.
    ///
    /// # Errors
    /// `Overloaded` when the bound is reached, or the share of the caller's site or token.
    pub(in crate::grpc) fn enter(&self, path: &str, caller: &Arc<Caller>) -> Result<UnderWay> {
        let all = self.bound_of(path);
        let site = all * QUARTERS_OF_A_SITE / 4;
        let token = if caller.role == Role::Portal { site } else { (all / 4).max(LEAST_OF_A_PERSON) };
        // The shares and the semaphore count all admitted calls, including those from before the bound was lowered.
        let share = self.shares.take(caller, Shares { all, site, token });
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        let (Some(share), Some(permit)) = (share, permit) else { return Err(shed(path)) };
        let began = MEASURED.contains(&path).then(Instant::now);
        Ok(UnderWay { in_flight: self.clone(), began, _share: share, _permit: permit })
    }

    fn under_way(&self) -> usize {
        MOST as usize - self.permits.available_permits()
    }

    /// Returns the number of calls in flight at which a call to `path` is shed.
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

/// The adaptive bound on concurrent calls: additive increase, multiplicative decrease (AIMD).
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
    /// Adapts the bound to a call that took `took` while `under_way` calls were in flight.
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

/// A permit for a call in flight.
pub(in crate::grpc) struct UnderWay {
    in_flight: InFlight,
    began: Option<Instant>,
    _share: Permit,
    _permit: OwnedSemaphorePermit,
}

impl UnderWay {
    /// Ends the call and adapts the bound to its duration.
    pub(in crate::grpc) fn end(self) {
        if let Some(began) = self.began {
            self.in_flight.learn(began.elapsed());
        }
    }
}

fn shed(path: &str) -> Error {
    metric::shed(if FIRST.contains(&path) { "FIRST" } else { "OTHER" });
    Error::Overloaded { what: "concurrent calls", retry_after: Duration::from_millis(200) }
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
    fn slow_calls_lower_the_bound_once_per_interval_and_not_below_the_minimum() {
        let (mut bound, now) = after_slow_calls(1);
        assert_eq!(bound.calls(), 819);
        for _ in 0..100 {
            bound.learn(Duration::from_secs(3), 819, now + SLOW / 2);
        }
        assert_eq!(bound.calls(), 819, "concurrent slow calls lower the bound once");
        assert_eq!(after_slow_calls(100).0.calls(), 32);
    }

    #[test]
    fn fast_calls_raise_the_bound_only_while_it_is_used() {
        let (mut bound, now) = after_slow_calls(100);
        bound.learn(QUICK, 15, now);
        assert_eq!(bound.calls(), 32, "the bound stays while less than half of it is used");
        for _ in 0..5_000 {
            let under_way = bound.calls();
            bound.learn(QUICK, under_way, now);
        }
        assert_eq!(bound.calls(), 1_024);
    }

    #[test]
    fn every_name_in_the_lists_is_that_of_an_rpc() {
        let known = |path: &&&str| crate::grpc::role::allowed(path).is_some();
        let all = FIRST.iter().chain(&MEASURED);
        assert_eq!(all.clone().filter(known).count(), all.count());
    }
}

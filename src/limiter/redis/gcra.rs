//! Divides a check into calls: one call to a single server, or one per subject on a cluster.

use futures_util::future::{join_all, try_join_all};
use redis::RedisResult;
use tokio::time::Instant;

use super::{
    answer_timeout::answered,
    call_queue::CallQueue,
    script::{Ask, Demand, LOOK, REFUND, TAKE, unexpected_answer},
    servers::Servers,
};
use crate::{
    domain::rate_limit::{Charge, ChargeWeight, Limit, LimitMode, Quota, Quotas},
    limiter::tier_answer::{ChargeOutcome, denies},
};

/// The answer of Redis to a check.
pub(super) struct Answer {
    /// One outcome per charge, in the order of the charges.
    pub(super) outcomes: Vec<ChargeOutcome>,
    /// The indexes of charges that were counted although a charge of another call was denied.
    pub(super) excess: Vec<usize>,
}

/// Charges that are counted in one call.
struct CallGroup<'a> {
    calls: &'a CallQueue,
    subject: &'a str,
    /// Whether the call may count several subjects. If so, it may also be shared with concurrent checks.
    is_shared: bool,
    /// The indexes of the charges in the check.
    charges: Vec<usize>,
}

impl CallGroup<'_> {
    async fn ask(&self, asks: Vec<Ask>, deadline: Option<Instant>) -> RedisResult<Vec<ChargeOutcome>> {
        if self.is_shared { self.calls.ask(asks, deadline).await } else { self.calls.ask_alone(asks, deadline).await }
    }
}

/// Counts all charges that share a call, or none of them. A call that Redis receives after `deadline`, when the check
/// has given up, counts nothing.
///
/// # Errors
/// The error of Redis, and a timeout when Redis received the call too late.
pub(super) async fn take(
    servers: &Servers,
    quotas: &Quotas,
    charges: &[Charge],
    deadline: Instant,
) -> RedisResult<Answer> {
    let groups = groups(servers, charges)?;
    let calls = groups.iter().map(|group| {
        let asks = group.charges.iter().map(|at| ask(quotas, &charges[*at], weight(quotas, &charges[*at])));
        group.ask(asks.collect(), Some(deadline))
    });
    let answers = join_all(calls).await;
    let mut outcomes = vec![ChargeOutcome::Taken { remaining: 0 }; charges.len()];
    let (mut counted, mut denied) = (Vec::new(), false);
    for (group, answer) in groups.iter().zip(answers) {
        let (before, mut group_denied) = (counted.len(), false);
        for (at, outcome) in group.charges.iter().zip(answer?) {
            let charge = &charges[*at];
            group_denied |= denies(quotas, charge, outcome);
            if outcome.is_taken() && charge.weight.counts() {
                counted.push(*at);
            }
            outcomes[*at] = outcome;
        }
        if group_denied {
            counted.truncate(before);
            denied = true;
        }
    }
    if !denied {
        counted.clear();
    }
    Ok(Answer { outcomes, excess: counted })
}

/// Refunds counted charges. A refund has no deadline, because its charges were counted in time.
pub(super) async fn refund(servers: &Servers, quotas: &Quotas, charges: &[Charge]) -> RedisResult<()> {
    let groups = groups(servers, charges)?;
    let calls = groups.iter().map(|group| {
        let asks = group.charges.iter().map(|at| ask(quotas, &charges[*at], REFUND));
        group.ask(asks.collect(), None)
    });
    try_join_all(calls).await.map(drop)
}

/// Calls every server and writes as a charge does, to the key of its probe. PING would not be enough: a server with a
/// full memory and a read-only replica answer it but cannot count. The probe also loads the script and reads the
/// clocks.
pub(super) async fn probe(servers: &Servers) -> RedisResult<()> {
    // The quota is one event per millisecond with a burst of a minute, so a probe is never denied and always writes.
    let demand = Demand { interval: 1_000, tolerance: 60_000_000, weight: TAKE, enforced: true };
    let probes = servers.shards().iter().map(|shard| {
        let ask = Ask { key: shard.probe.clone(), demand };
        answered(shard.calls.ask_alone(vec![ask], None))
    });
    try_join_all(probes).await.map(drop)
}

fn ask(quotas: &Quotas, charge: &Charge, weight: i64) -> Ask {
    let Limit { quota, mode } = quotas.get(charge.limit);
    let (interval, tolerance) = microseconds(quota);
    let key = ["rl:{", &charge.subject, "}:", charge.limit.as_str()].concat();
    Ask { key, demand: Demand { interval, tolerance, weight, enforced: mode == LimitMode::Enforce } }
}

fn groups<'a>(servers: &'a Servers, charges: &'a [Charge]) -> RedisResult<Vec<CallGroup<'a>>> {
    let mut groups: Vec<CallGroup<'a>> = Vec::new();
    for (at, Charge { subject, .. }) in charges.iter().enumerate() {
        let (shard, with_others) = servers.shard_of(subject).ok_or_else(unexpected_answer)?;
        match groups.iter_mut().find(|group| with_others || group.subject == subject) {
            Some(group) => group.charges.push(at),
            None => groups.push(CallGroup { calls: &shard.calls, subject, is_shared: with_others, charges: vec![at] }),
        }
    }
    Ok(groups)
}

/// Converts the weight for the script. A charge beside a reserve requires that the event and the reserve both fit.
fn weight(quotas: &Quotas, charge: &Charge) -> i64 {
    match charge.weight {
        ChargeWeight::One | ChargeWeight::OneBesideReserve => TAKE + i64::from(charge.keeps_free(quotas)),
        ChargeWeight::Look => LOOK,
    }
}

/// Returns the interval and the burst tolerance of a quota in microseconds. The interval is rounded up, so that no
/// period has one event too many.
fn microseconds(quota: Quota) -> (i64, i64) {
    let interval = i64::try_from(quota.interval().as_nanos().div_ceil(1_000).max(1)).unwrap_or(i64::MAX);
    (interval, interval.saturating_mul(i64::from(quota.burst.get()) - 1))
}

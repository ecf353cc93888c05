//! Calls of the GCRA script: one per server and check, on a cluster one per subject, all at once.

use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use redis::{Cmd, ErrorKind, RedisError, RedisResult, Script};
use tokio::time::Instant;

use super::{
    answer_timeout::{answered, timed_out},
    servers::{Servers, Shard},
};
use crate::{
    domain::rate_limit::{Charge, ChargeWeight, Limit, LimitMode, Quota, Quotas},
    limiter::tier_answer::{ChargeOutcome, denies},
};

/// Once more after the script was unknown, and once more after the server's clock was.
const TRIES: u32 = 3;

/// What is asked of a count: an event, a look, or the return of an event.
const TAKE: i64 = 1;
const LOOK: i64 = 0;
const GIVE_BACK: i64 = -1;

/// What Redis says of a check.
pub(super) struct Answer {
    /// Per charge, in their order.
    pub(super) outcomes: Vec<ChargeOutcome>,
    /// Charges that were counted, although another one was denied elsewhere: by their place among the charges.
    pub(super) excess: Vec<usize>,
}

/// The script, known to Redis by its hash and sent whole when Redis does not know it.
pub(super) struct Gcra {
    source: &'static str,
    hash: String,
}

/// Charges that are counted in one call, by their places among the charges of the check.
struct CallGroup<'a> {
    shard: &'a Shard,
    subject: &'a str,
    charges: Vec<usize>,
}

impl Gcra {
    pub(super) fn new() -> Self {
        let source = include_str!("gcra.lua");
        Self { source, hash: Script::new(source).get_hash().to_owned() }
    }

    /// Counts all charges that share a call, or none of them. What Redis gets to see after `deadline`, when the call has
    /// given up, counts nothing.
    ///
    /// # Errors
    /// What Redis says, and a time-out where it got to see the call too late.
    pub(super) async fn take(
        &self,
        servers: &Servers,
        quotas: &Quotas,
        charges: &[Charge],
        deadline: Instant,
    ) -> RedisResult<Answer> {
        let groups = groups(servers, charges)?;
        let calls = groups.iter().map(|group| {
            let asked = group.charges.iter().map(|at| (&charges[*at], weight(quotas, &charges[*at])));
            self.ask(group.shard, ScriptCall::new(quotas, asked), Some(deadline))
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

    /// Gives counted charges back, however late: they were counted in time.
    pub(super) async fn give_back(&self, servers: &Servers, quotas: &Quotas, charges: &[Charge]) -> RedisResult<()> {
        let groups = groups(servers, charges)?;
        let calls = groups.iter().map(|group| async move {
            let asked = group.charges.iter().map(|at| (&charges[*at], GIVE_BACK));
            self.ask(group.shard, ScriptCall::new(quotas, asked), None).await
        });
        try_join_all(calls).await.map(drop)
    }

    /// Asks every server and writes the way a charge does, to a key of its own: a full memory or a read-only replica answers
    /// PING and yet cannot count. Leaves the script loaded and the clocks learned.
    pub(super) async fn probe(&self, servers: &Servers) -> RedisResult<()> {
        let probes = servers.shards().iter().map(|shard| async move {
            // One event per millisecond and a burst of a minute: never denied, so it always writes.
            let script_call = ScriptCall { keys: vec![shard.probe.clone()], args: vec![1_000, 60_000_000, TAKE, 1] };
            answered(self.ask(shard, script_call, None)).await
        });
        try_join_all(probes).await.map(drop)
    }

    /// Asks one server. That it does not know the script or finds the call too late means that nothing was counted, so
    /// both may be asked again; nothing else may.
    async fn ask(
        &self,
        shard: &Shard,
        script_call: ScriptCall,
        deadline: Option<Instant>,
    ) -> RedisResult<Vec<ChargeOutcome>> {
        let (mut command, mut script) = ("EVALSHA", self.hash.as_str());
        for _ in 0..TRIES {
            let asked_at = Instant::now();
            let latest = deadline.map_or(0, |deadline| shard.clock.latest(deadline));
            let call = script_call.call(command, script, latest);
            let answer: Vec<i64> = match call.query_async(&mut shard.connection.clone()).await {
                Err(error) if error.code() == Some("NOSCRIPT") => {
                    (command, script) = ("EVAL", self.source);
                    continue;
                }
                answer => answer?,
            };
            let (told, outcomes) = answer.split_first().ok_or_else(strange)?;
            let answered_at = Instant::now();
            shard.clock.learn(*told, asked_at, answered_at);
            if outcomes.len() == script_call.keys.len() * 3 {
                return outcomes.chunks_exact(3).map(outcome).collect();
            }
            // It was sent, or its answer read, too late: the server's clock is not to blame.
            if deadline.is_some_and(|deadline| answered_at >= deadline) {
                return Err(timed_out());
            }
        }
        Err((ErrorKind::Client, "the server's clock does not stand still long enough to count").into())
    }
}

/// Keys and what is asked of each.
struct ScriptCall {
    keys: Vec<String>,
    args: Vec<i64>,
}

impl ScriptCall {
    /// Each charge with the weight that is asked of it.
    fn new<'a>(quotas: &Quotas, asked: impl Iterator<Item = (&'a Charge, i64)>) -> Self {
        let mut script_call = Self { keys: Vec::new(), args: Vec::new() };
        for (charge, weight) in asked {
            let Limit { quota, mode } = quotas.get(charge.limit);
            let (interval, tolerance) = microseconds(quota);
            script_call.keys.push(format!("rl:{{{}}}:{}", charge.subject, charge.limit));
            script_call.args.extend([interval, tolerance, weight, i64::from(mode == LimitMode::Enforce)]);
        }
        script_call
    }

    fn call(&self, command: &str, script: &str, latest: i64) -> Cmd {
        let mut call = redis::cmd(command);
        call.arg(script).arg(self.keys.len()).arg(&self.keys).arg(latest).arg(&self.args);
        call
    }
}

fn groups<'a>(servers: &'a Servers, charges: &'a [Charge]) -> RedisResult<Vec<CallGroup<'a>>> {
    let mut groups: Vec<CallGroup<'a>> = Vec::new();
    for (at, Charge { subject, .. }) in charges.iter().enumerate() {
        let (shard, with_others) = servers.shard_of(subject).ok_or_else(strange)?;
        match groups.iter_mut().find(|group| with_others || group.subject == subject) {
            Some(group) => group.charges.push(at),
            None => groups.push(CallGroup { shard, subject, charges: vec![at] }),
        }
    }
    Ok(groups)
}

/// The weight in the script's words: an event beside a reserve asks for room for both.
fn weight(quotas: &Quotas, charge: &Charge) -> i64 {
    match charge.weight {
        ChargeWeight::One | ChargeWeight::OneBesideReserve => TAKE + i64::from(charge.keeps_free(quotas)),
        ChargeWeight::Look => LOOK,
    }
}

fn outcome(answer: &[i64]) -> RedisResult<ChargeOutcome> {
    let [fits, wait, left] = *answer else { return Err(strange()) };
    Ok(match fits {
        0 => ChargeOutcome::Denied { retry_after: Duration::from_micros(u64::try_from(wait).map_err(|_| strange())?) },
        _ => ChargeOutcome::Taken { remaining: u32::try_from(left).unwrap_or(u32::MAX) },
    })
}

fn strange() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "redis gave a strange answer").into()
}

/// Interval and burst tolerance of a quota. The interval is rounded up: never one event too many in a period.
fn microseconds(quota: Quota) -> (i64, i64) {
    let interval = i64::try_from(quota.interval().as_nanos().div_ceil(1_000).max(1)).unwrap_or(i64::MAX);
    (interval, interval.saturating_mul(i64::from(quota.burst.get()) - 1))
}

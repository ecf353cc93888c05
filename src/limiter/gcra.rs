//! Calls of the GCRA script, several at once over one connection.

use std::time::Duration;

use futures_util::future::join_all;
use redis::{RedisResult, Script, aio::ConnectionManager};

use super::verdict::Outcome;
use crate::domain::rate_limit::{Charge, Quota, Quotas};

/// Whether a call counts an event or gives one back that was counted.
#[derive(Debug, Clone, Copy)]
enum Cost {
    Take = 1,
    Refund = -1,
}

/// The script, known to Redis by its hash and loaded anew when Redis has forgotten it.
pub(super) struct Gcra(Script);

impl Gcra {
    pub(super) fn new() -> Self {
        Self(Script::new(include_str!("gcra.lua")))
    }

    /// Counts each charge on its own: the answers come in the order of `charges`, some may be refused or fail.
    pub(super) async fn take(
        &self,
        connection: &ConnectionManager,
        quotas: &Quotas,
        charges: &[Charge],
    ) -> Vec<RedisResult<Outcome>> {
        join_all(charges.iter().map(|charge| self.call(connection, quotas, charge, Cost::Take))).await
    }

    /// Gives counted charges back.
    pub(super) async fn refund(
        &self,
        connection: &ConnectionManager,
        quotas: &Quotas,
        charges: impl Iterator<Item = &Charge>,
    ) -> RedisResult<()> {
        let refunds = join_all(charges.map(|charge| self.call(connection, quotas, charge, Cost::Refund))).await;
        refunds.into_iter().try_for_each(|refund| refund.map(drop))
    }

    /// Writes the way a charge does, to a key of its own: a full memory or a read-only replica answers PING and yet
    /// cannot count. Leaves the script loaded.
    pub(super) async fn probe(&self, connection: &ConnectionManager) -> RedisResult<()> {
        // One event per millisecond and a burst of a minute: never refused, so it always writes.
        let mut call = self.0.key("rl:{probe}");
        call.arg(1_000).arg(60_000_000).arg(Cost::Take as i8).invoke_async(&mut connection.clone()).await
    }

    async fn call(
        &self,
        connection: &ConnectionManager,
        quotas: &Quotas,
        charge: &Charge,
        cost: Cost,
    ) -> RedisResult<Outcome> {
        let (interval, tolerance) = microseconds(quotas.get(charge.limit).quota);
        let (allowed, wait, remaining): (u8, u64, u32) = self
            .0
            .key(format!("rl:{{{}}}:{}", charge.subject, charge.limit))
            .arg(interval)
            .arg(tolerance)
            .arg(cost as i8)
            .invoke_async(&mut connection.clone())
            .await?;
        Ok(match allowed {
            0 => Outcome::Refused { retry_after: Duration::from_micros(wait) },
            _ => Outcome::Taken { remaining },
        })
    }
}

/// Interval and burst tolerance of a quota. The interval is rounded up: never one event too many in a period.
fn microseconds(quota: Quota) -> (u64, u64) {
    let interval = u64::try_from(quota.interval().as_nanos().div_ceil(1_000).max(1)).unwrap_or(u64::MAX);
    (interval, interval.saturating_mul(u64::from(quota.burst.get()) - 1))
}

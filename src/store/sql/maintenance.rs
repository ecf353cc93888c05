//! Periodic work.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Backend, Caller, Connection, List, Rows, Statement, drift, job, row::Row};
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        stats::{CountDrift, Job, QueueGauge},
    },
    store::contract::MaintenanceStore,
};

#[async_trait]
impl<B: Backend> MaintenanceStore for B {
    async fn queue_gauges(&self, most: i64) -> Result<Vec<QueueGauge>> {
        let _place = self.place_for(Caller::Background).await?;
        job::gauges(self.reads(), most).await
    }

    async fn forget(&self, before: DateTime<Utc>) -> Result<u64> {
        let _place = self.place_for(Caller::Background).await?;
        let mut forgotten = 0;
        for table in [&REQUESTS, &ERASURES] {
            loop {
                let deleted = transaction!(self, tx => table.delete_batch(tx, before).await?)?;
                forgotten += deleted;
                if deleted < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        Ok(forgotten)
    }

    async fn sites(&self) -> Result<Vec<SiteId>> {
        let _place = self.place_for(Caller::Background).await?;
        job::sites(self.reads()).await
    }

    async fn begin_job(
        &self,
        site: &SiteId,
        job: Job,
        holder: Uuid,
        now: DateTime<Utc>,
        next_at: DateTime<Utc>,
    ) -> Result<bool> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => job::begin(tx, site, job, holder, now, next_at).await?)
    }

    async fn forgotten_pending(
        &self,
        site: &SiteId,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<(CommentId, i64)>> {
        let _place = self.place_for(Caller::Background).await?;
        job::forgotten(self.reads(), site, before, limit).await
    }

    async fn count_drift(&self, site: &SiteId) -> Result<CountDrift> {
        let _place = self.place_for(Caller::Background).await?;
        drift::drift(self.reads(), site).await
    }
}

/// Number of rows that one transaction deletes. It stays far below the statement timeout, and other writers of SQLite
/// get their turn in between.
const BATCH: i64 = 2_000;

/// The statements that select the old rows of a table, and delete them by their keys.
struct Expiring {
    find: &'static str,
    delete: &'static [&'static str],
}

/// The rows of requests. Rows without a request are nonces that were spent without one.
const REQUESTS: Expiring = Expiring {
    find: "select site_id, request_id, nonce from requests where created_at < :before",
    delete: &[
        "delete from requests where (site_id, request_id) in
            (select i.site_id, i.request_id from :old i where i.request_id is not null)",
        "delete from requests where (site_id, nonce) in
            (select i.site_id, i.nonce from :old i where i.request_id is null)",
    ],
};

const ERASURES: Expiring = Expiring {
    find: "select site_id, request_id, null as nonce from erasures where finished_at < :before",
    delete: &["delete from erasures where (site_id, request_id) in (select i.site_id, i.request_id from :old i)"],
};

impl Expiring {
    /// Deletes the next batch. A separate statement locks the rows, and skips those that another replica deletes
    /// concurrently.
    async fn delete_batch(&self, tx: &mut Connection<'_>, before: DateTime<Utc>) -> Result<u64> {
        let find = Statement::new(self.find).push(" limit :batch {for update skip locked | }");
        let old = find.bind("before", before).bind("batch", BATCH).fetch_all(&mut *tx).await?;
        let key = |row: &Row| {
            let row = row.fields();
            Ok((row.get("site_id")?, row.get("request_id")?, row.get("nonce")?))
        };
        let keys = old.iter().map(key).collect::<Result<Vec<(String, Option<Uuid>, Option<Vec<u8>>)>>>()?;
        let rows = Rows::new()
            .column("site_id", List::texts(keys.iter().map(|(site, ..)| site.as_str())))
            .column("request_id", List::uuids(keys.iter().map(|(_, request, _)| *request)))
            .column("nonce", List::bytes(keys.iter().map(|(.., nonce)| nonce.as_deref())));
        let mut deleted = 0;
        for delete in self.delete {
            deleted += Statement::new(delete).bind("old", rows.clone()).execute(&mut *tx).await?;
        }
        Ok(deleted)
    }
}

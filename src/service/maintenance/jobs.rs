//! Background jobs that one replica does for all. A lease is taken for a run, renewed during the run, and kept until
//! the job is due again. The functions of a job return `false` when another replica has taken over the job.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Maintenance;
use crate::{
    domain::{Error, Result, id::SiteId, stats::Job},
    ops::metric,
    service::{clock::Now, ids::new_id},
};

/// One run of a job on a site. The lease is held by the run's own id and not by its process, so a replica has no
/// priority for the next run.
pub(super) struct Run<'a> {
    pub(super) site: &'a SiteId,
    job: Job,
    id: Uuid,
}

impl Maintenance {
    /// Runs the jobs that are due on every site, and returns the number of runs. Every replica may call it at any
    /// time. A failed run is logged and its lease is released, so that the next call may run the job again; if the
    /// release fails, the job is due when its lease has expired.
    ///
    /// # Errors
    /// The store's error: that of listing the sites, or that of the last run that failed. All other runs are completed
    /// first.
    pub async fn run_jobs(&self, clock: Now<'_>) -> Result<u64> {
        let mut runs = 0;
        let mut failed = None;
        for site in self.core.store.sites().await? {
            for job in Job::PERIODIC {
                match self.run_job(&site, job, clock).await {
                    Ok(ran) => runs += u64::from(ran),
                    Err(error) => {
                        tracing::warn!(%site, %job, reason = error.reason(), cause = ?error, "a job failed");
                        failed = Some(error);
                    }
                }
            }
        }
        failed.map_or(Ok(runs), Err)
    }

    /// Runs a job if it is due.
    pub(super) async fn run_job(&self, site: &SiteId, job: Job, clock: Now<'_>) -> Result<bool> {
        let started = clock();
        let run = Run { site, job, id: new_id(started) };
        if !self.hold(&run, started).await? {
            self.forget_superseded_drift(&run, started);
            return Ok(false);
        }
        let result = match job {
            Job::ExpirePending => self.expire_pending(&run, clock).await,
            Job::Recount => self.recount(&run, clock).await,
            Job::Purge => self.purge(&run, clock).await,
            Job::Erase => self.erase_open(&run, clock).await,
            Job::Learn => self.train(&run, clock).await,
            Job::StandDown => self.put_broad_terms_on_trial(&run, clock).await,
            Job::Index => self.index_site(&run, clock).await,
        };
        let outcome = |held: &bool| if *held { "DONE" } else { "LOST" };
        metric::job_ran(job, result.as_ref().map_or_else(Error::reason, outcome));
        let now = clock();
        match result {
            Ok(true) => self.core.store.begin_job(site, job, run.id, now, job.next_after(now)).await,
            Ok(false) => Ok(true),
            Err(error) => {
                // The run's error is returned, whether or not the lease is released.
                self.core.store.begin_job(site, job, run.id, now, now).await.ok();
                Err(error)
            }
        }?;
        Ok(true)
    }

    /// Takes or renews the job's lease for a run. Returns `false` when the job is not due, or another replica has it.
    pub(super) async fn hold(&self, run: &Run<'_>, now: DateTime<Utc>) -> Result<bool> {
        let until = now + run.job.lease();
        self.core.store.begin_job(run.site, run.job, run.id, now, until).await
    }

    /// Clears this replica's gauge of count drift when another replica does the recount, because then the gauge of that
    /// replica is up to date.
    fn forget_superseded_drift(&self, run: &Run<'_>, now: DateTime<Utc>) {
        if run.job == Job::Recount {
            self.forget_drift(run.site, now);
        }
    }
}

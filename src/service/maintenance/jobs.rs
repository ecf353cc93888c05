//! Background work that one replica does for all: taken for a run, held while it goes on, left until it is due again.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Maintenance;
use crate::{
    domain::{Error, Result, id::SiteId, stats::Job},
    ops::metric,
    service::{clock::Now, ids::new_id},
};

/// One run of a job on a site. Its id is its own, not its process's: who did a job has no claim on the next run.
pub(super) struct Run<'a> {
    pub(super) site: &'a SiteId,
    job: Job,
    id: Uuid,
}

impl Maintenance {
    /// Does what is due, site by site, and answers how many runs that were. Every replica may call it at any time. What fails is told and
    /// given back, so that the next call may do it; one that cannot be given back is due again when its lease is over.
    ///
    /// # Errors
    /// The store's: of naming the sites, or of the last run that failed, after all others were done.
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

    /// `false` when it was not due, or another replica has it.
    pub(super) async fn run_job(&self, site: &SiteId, job: Job, clock: Now<'_>) -> Result<bool> {
        let started = clock();
        let run = Run { site, job, id: new_id(started) };
        if !self.hold(&run, started).await? {
            self.drift_told_elsewhere(&run, started);
            return Ok(false);
        }
        let result = match job {
            Job::ExpirePending => self.expire_pending(&run, clock).await,
            Job::Recount => self.recount(&run, clock).await,
            Job::Purge => self.purge(&run, clock).await,
            Job::Erase => self.erase_open(&run, clock).await,
            Job::Learn => self.train(&run, clock).await,
            Job::StandDown => self.stand_down(&run, clock).await,
            Job::Index => self.index_site(&run, clock).await,
        };
        let outcome = |held: &bool| if *held { "DONE" } else { "LOST" };
        metric::job_ran(job, result.as_ref().map_or_else(Error::reason, outcome));
        let now = clock();
        match result {
            Ok(true) => self.core.store.begin_job(site, job, run.id, now, job.next_after(now)).await,
            Ok(false) => Ok(true),
            Err(error) => {
                // The run's failure is what is told, whether or not this one works.
                self.core.store.begin_job(site, job, run.id, now, now).await.ok();
                Err(error)
            }
        }?;
        Ok(true)
    }

    /// Takes the job for a run, or holds it longer. `false` when it is not due, or another replica has it.
    pub(super) async fn hold(&self, run: &Run<'_>, now: DateTime<Utc>) -> Result<bool> {
        let until = now + run.job.lease();
        self.core.store.begin_job(run.site, run.job, run.id, now, until).await
    }

    /// Another replica's gauge tells of the last recount: what this one measured before is history.
    fn drift_told_elsewhere(&self, run: &Run<'_>, now: DateTime<Utc>) {
        if run.job == Job::Recount {
            self.forget_drift(run.site, now);
        }
    }
}

//! Continues erasures that their calls left unfinished.

use tokio::time::Instant;

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{Result, stats::Job},
    service::{clock::Now, privacy::WORKING},
};

/// Age in seconds after which background work continues an erasure. Until then, the call that began it works on it.
const LEFT_TO_THE_CALL: i64 = 5;

/// Number of unfinished erasures of a site that one run continues.
const AT_ONCE: usize = 100;

impl Maintenance {
    /// Continues unfinished erasures on every site, and returns the number of runs.
    ///
    /// # Errors
    /// The store's error: that of listing the sites, or that of the last run that failed. All other runs are completed
    /// first.
    pub async fn continue_erasures(&self, clock: Now<'_>) -> Result<u64> {
        let before = clock() - chrono::Duration::seconds(LEFT_TO_THE_CALL);
        let mut runs = 0;
        let mut failed = None;
        for site in self.core.store.erasing_sites(before).await? {
            match self.run_job(&site, Job::Erase, clock).await {
                Ok(ran) => runs += u64::from(ran),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(runs), Err)
    }

    /// Continues every unfinished erasure of a site. A failed erasure does not block the others.
    pub(super) async fn erase_open(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let mut failed = None;
        for erasure in self.core.store.open_erasures(run.site, AT_ONCE).await? {
            loop {
                // Renews the job's lease while the erasure goes on.
                if !self.hold(run, clock()).await? {
                    return Ok(false);
                }
                let until = Instant::now() + WORKING;
                match self.privacy.work_on(run.site, &erasure, clock, &|| Instant::now() >= until).await {
                    Ok(true) => break,
                    Ok(false) => {}
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(true), Err)
    }
}

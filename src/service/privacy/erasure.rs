//! Erasure of everything that one person wrote. A large erasure outlives its call: it is stored when it begins, the
//! call answers with its progress, and background work finishes it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Privacy,
    clean_log::try_to_clean_log,
    export::{Person, Whose},
};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        audit::AuditAction,
        id::{CommentId, SiteId},
        page::Cursor,
        privacy::{ERASED_AT_ONCE, Erasure, ErasureProgress, PersonErasure},
        request::RequestRow,
        stats::GAUGED,
    },
    keyring::batch_id,
    ops::metric,
    service::{clock::Now, ids::new_id, request_row::request_row},
};

/// How long a call works on an erasure before it answers with the progress: well below the deadline of 10 s, with
/// time left for one slow batch.
pub(in crate::service) const WORKING: Duration = Duration::from_secs(3);

/// A checked request to erase what a person wrote.
#[derive(Debug, Clone, Serialize)]
pub struct EraseRequest {
    pub person: Person,
    pub note: String,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// The progress of an erasure, counted over all calls with its request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    pub comments: u64,
    pub reports: u64,
    pub batch: Uuid,
    /// Number of comments still to be erased, counted up to [`GAUGED`].
    #[serde(default)]
    pub remaining: u64,
    /// True while the erasure continues in the background.
    #[serde(default)]
    pub in_progress: bool,
}

impl Privacy {
    /// Erases what a person wrote, for as long as a call may take; background work erases the rest. A resend continues
    /// the work and returns the progress, which is the total once all is done.
    ///
    /// # Errors
    /// The errors of [`Privacy::export_author`] and `RequestIdReused`.
    pub async fn erase_author(&self, caller: &Caller, request: EraseRequest, now: DateTime<Utc>) -> Result<Erased> {
        let site = &caller.site;
        let row = request_row(&self.core.keyring, "EraseAuthor", caller, &request, request.request_id)?;
        let _flight = self.core.requests.enter(site, row.id).await;
        let change = self.core.pages.change();
        let erasure = match self.core.store.find_request(site, row.id).await? {
            Some(known) => {
                known.check_resend(&row)?;
                match self.core.store.find_erasure(site, row.id).await? {
                    Some(erasure) => erasure,
                    // A row without an erasure was written by an earlier version, which stored only its answer.
                    None => return known.replay(&row),
                }
            }
            None => self.begin_erasure(caller, request, &row, now).await?,
        };
        let until = Instant::now() + WORKING;
        let is_over = || Instant::now() >= until;
        let finished = erasure.is_finished || self.work_on(site, &erasure, &|| now, &is_over).await?;
        try_to_clean_log(&*self.core.store).await;
        change.settle(true).await;
        let remaining = if finished { 0 } else { self.count_remaining(site, &erasure).await? };
        let id = erasure.request;
        let so_far = self.core.store.find_erasure(site, id).await?.map_or(erasure.progress, |erasure| erasure.progress);
        let ErasureProgress { comments, reports } = so_far;
        Ok(Erased { comments, reports, batch: erasure.batch, remaining, in_progress: !finished })
    }

    async fn begin_erasure(
        &self,
        caller: &Caller,
        request: EraseRequest,
        row: &RequestRow,
        now: DateTime<Utc>,
    ) -> Result<PersonErasure> {
        let (authors, devices, comment) = match self.whose(caller, &request.person).await? {
            Whose::Comment(id) => (Vec::new(), Vec::new(), Some(id)),
            Whose::Author { keys, devices, through } => (keys.into(), devices, through),
        };
        let erasure = PersonErasure {
            request: row.id,
            batch: batch_id(&caller.name, row.id),
            actor: caller.name.clone(),
            note: request.note,
            authors,
            devices,
            comment,
            progress: ErasureProgress::default(),
            started_at: now,
            is_finished: false,
        };
        self.core.store.begin_erasure(&caller.site, &erasure, row).await?;
        // A concurrent duplicate at another replica may have begun the erasure.
        let begun = self.core.store.find_erasure(&caller.site, row.id).await?;
        begun.ok_or_else(|| Error::internal("an erasure that began is not stored"))
    }

    async fn count_remaining(&self, site: &SiteId, erasure: &PersonErasure) -> Result<u64> {
        let most = usize::try_from(GAUGED).unwrap_or(usize::MAX);
        self.core.store.count_by(site, &erasure.authors, most).await
    }

    /// Erases batch after batch until nothing is left or `is_over` returns true. Returns true when the erasure is
    /// finished. Several replicas may work on one erasure: each comment is erased, and counted, once.
    pub(in crate::service) async fn work_on(
        &self,
        site: &SiteId,
        erasure: &PersonErasure,
        clock: Now<'_>,
        is_over: &(dyn Fn() -> bool + Send + Sync),
    ) -> Result<bool> {
        for device in &erasure.devices {
            self.core.store.forget_reports(site, *device, erasure.request).await?;
        }
        for author in &erasure.authors {
            let mut after = None;
            loop {
                if is_over() {
                    return Ok(false);
                }
                let page = self.core.store.comments_by(site, author, after, ERASED_AT_ONCE).await?;
                let Some(last) = page.last() else { break };
                after = Some(Cursor { at: last.created_at, id: last.id.0, score: 0.0 });
                // The comment that identified the person comes last, so that an error with it does not block the
                // others.
                let others = page.iter().map(|comment| comment.id).filter(|id| Some(*id) != erasure.comment);
                self.erase_batch(site, erasure, others.collect(), clock()).await?;
            }
        }
        self.erase_batch(site, erasure, erasure.comment.into_iter().collect(), clock()).await?;
        self.core.store.forget_author_keys(site, &erasure.authors).await?;
        self.core.store.finish_erasure(site, erasure.request, clock()).await?;
        Ok(true)
    }

    async fn erase_batch(
        &self,
        site: &SiteId,
        erasure: &PersonErasure,
        comments: Vec<CommentId>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let batch = Erasure {
            site: site.clone(),
            action: AuditAction::Erase,
            actor: erasure.actor.clone(),
            note: erasure.note.clone(),
            at: now,
            batch: erasure.batch,
            items: comments.into_iter().map(|id| (new_id(now), id)).collect(),
            only: None,
            request_id: Some(erasure.request),
            remember: None,
        };
        if batch.items.is_empty() {
            return Ok(());
        }
        let _change = self.core.pages.change();
        let erased = self.core.store.erase(&batch).await?;
        metric::erased(site, AuditAction::Erase, erased);
        Ok(())
    }
}

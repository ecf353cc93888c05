//! Approves everything that waits on an article at once, which a change of mode does not do.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Policies;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        case::ReviewCase,
        decision::{DecisionAnswer, DecisionBatch, DecisionError, DecisionItem, MAX_ITEMS},
        id::{ArticleId, SiteId},
        lifecycle::{Action, Status},
        page::QueuePage,
        queue::{EXACT_TOTAL, QueueFilter, QueueOrder},
        request::RequestRow,
        spam::Rule,
    },
    keyring::batch_id,
    ops::metric,
    service::ids::new_id,
};

/// A checked request to approve an article's pending comments.
#[derive(Debug, Clone)]
pub struct ApprovePendingRequest {
    pub article: ArticleId,
    /// Approve only comments with a lower score; `None` means the threshold below which HYBRID publishes.
    pub max_score: Option<f64>,
    /// `None` for a dry run, which only counts what would be approved.
    pub request_id: Option<Uuid>,
}

/// The result. In a replay, the first two fields are those of the first response, and the others are current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovedPending {
    pub count: i32,
    /// `None` when nothing was approved.
    pub batch: Option<Uuid>,
    /// Number of comments in the queue afterwards, counted up to [`EXACT_TOTAL`] + 1.
    pub still_waiting: i64,
    /// True when more comments match.
    pub more: bool,
}

/// The stored response of a batch of decisions.
type StoredResults = Vec<Result<DecisionAnswer, DecisionError>>;

impl Policies {
    /// Approves PENDING comments of an article with a score below the bound: at most [`MAX_ITEMS`], the oldest first.
    /// Comments that a ban holds and comments with a takedown demand are left for a moderator to decide.
    ///
    /// # Errors
    /// `ArticleNotFound`, `RequestIdReused`.
    pub async fn approve_pending(
        &self,
        caller: &Caller,
        request: &ApprovePendingRequest,
        now: DateTime<Utc>,
    ) -> Result<ApprovedPending> {
        let site = &caller.site;
        self.get_article(site, &request.article).await?;
        let Some(request_id) = request.request_id else { return self.rehearse(site, request, now).await };
        let payload = (&caller.name, request.article.as_str(), request.max_score);
        let payload = serde_json::to_vec(&payload).map_err(Error::internal)?;
        let row = self.core.keyring.request_row(site, request_id, "ApprovePending", &payload);
        if self.core.store.find_request(site, request_id).await?.is_none() {
            self.approve_all(caller, request, row.clone(), now).await?;
        }
        // Both this call and a concurrent duplicate that found other comments and lost the race return the stored
        // response.
        let first = self.core.store.find_request(site, request_id).await?;
        let first = first.ok_or_else(|| Error::internal("the approval was not stored"))?;
        let first: StoredResults = first.replay(&row)?;
        let count = first.iter().flatten().filter(|answer| answer.changed).count();
        let batch = (count > 0).then(|| batch_id(&caller.name, row.id));
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let still_waiting = self.count_waiting(site, &request.article, EXACT_TOTAL + 1, now).await?;
        let more = !self.approvable(site, request, 1, now).await?.is_empty();
        Ok(ApprovedPending { count, batch, still_waiting, more })
    }

    async fn rehearse(
        &self,
        site: &SiteId,
        request: &ApprovePendingRequest,
        now: DateTime<Utc>,
    ) -> Result<ApprovedPending> {
        let found = self.approvable(site, request, MAX_ITEMS + 1, now).await?.len();
        let count = found.min(MAX_ITEMS);
        let approved = i64::try_from(count).unwrap_or_default();
        let waiting = self.count_waiting(site, &request.article, EXACT_TOTAL + 1 + approved, now).await?;
        let still_waiting = (waiting - approved).max(0);
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        Ok(ApprovedPending { count, batch: None, still_waiting, more: found > MAX_ITEMS })
    }

    async fn approve_all(
        &self,
        caller: &Caller,
        request: &ApprovePendingRequest,
        row: RequestRow,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let batch = DecisionBatch {
            site: caller.site.clone(),
            action: Action::Approve,
            recorded_as: Action::Approve.into(),
            reason: None,
            note: String::new(),
            actor: caller.name.clone(),
            at: now,
            batch: Some(batch_id(&caller.name, row.id)),
            items: self.approvable(&caller.site, request, MAX_ITEMS, now).await?,
            request: Some(row),
        };
        let _change = self.core.pages.change();
        for settled in self.core.store.decide(&batch).await? {
            let outcome = |answer: &DecisionAnswer| if answer.changed { "CHANGED" } else { "UNCHANGED" };
            let result = settled.result.map_err(Error::from);
            metric::decided(Action::Approve, result.as_ref().map_or_else(Error::reason, outcome));
        }
        Ok(())
    }

    /// Returns at most `most` comments to approve, the oldest first. It reads the queue and not the article's
    /// comments, because the queue is short.
    async fn approvable(
        &self,
        site: &SiteId,
        request: &ApprovePendingRequest,
        most: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<DecisionItem>> {
        // The filter's bound is inclusive.
        let max_score = request.max_score.unwrap_or(self.core.assessor.thresholds(site).low).next_down();
        let filter = QueueFilter {
            article: Some(request.article.clone()),
            max_score: Some(max_score),
            ..QueueFilter::default()
        };
        let mut items = Vec::new();
        let mut after = None;
        loop {
            let page =
                QueuePage { site, filter: &filter, order: QueueOrder::Oldest, size: most, after, until: None, now };
            let page = self.core.store.list_queue(&page).await?;
            let ours = page.items.into_iter().filter(may_go).map(|case| case.comment);
            items.extend(ours.map(|comment| DecisionItem {
                id: new_id(now),
                comment: comment.id,
                expected_revision: comment.revision,
            }));
            after = page.next;
            if after.is_none() || items.len() >= most {
                items.truncate(most);
                return Ok(items);
            }
        }
    }

    /// Counts the comments that wait on the article, up to `most`.
    async fn count_waiting(&self, site: &SiteId, article: &ArticleId, most: i64, now: DateTime<Utc>) -> Result<i64> {
        let filter = QueueFilter { article: Some(article.clone()), ..QueueFilter::default() };
        let page =
            QueuePage { site, filter: &filter, order: QueueOrder::Oldest, size: 0, after: None, until: None, now };
        self.core.store.count_queue(&page, most).await
    }
}

/// Returns true for a comment that no ban and no takedown demand holds: those need a moderator's decision.
fn may_go(case: &ReviewCase) -> bool {
    let held = case.findings.iter().any(|finding| finding.rule == Rule::HeldByBan);
    case.comment.status == Status::Pending && case.comment.attention.takedown.is_none() && !held
}

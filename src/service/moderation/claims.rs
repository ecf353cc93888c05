//! Claims, which reserve comments for a moderator.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Moderation, queue_search};
use crate::{
    domain::{
        Result,
        access::Caller,
        budget::ByteBudget,
        case::ReviewCase,
        claim::ClaimRequest,
        id::{CommentId, SiteId},
        page::QueuePage,
        queue::{QueueFilter, QueueOrder},
    },
    ops::metric,
};

/// Number of cases that a call reads concurrently, so that some connections stay free for other calls.
const LOOK_UPS: usize = 4;

/// Number of comments that are searched for each wanted one, because other moderators may claim some of them meanwhile.
const SPARE: usize = 4;

/// Largest number of pages that a call searches for free comments. Each page takes about half a second at most.
const MOST_PAGES: usize = 8;

/// A checked request for comments to work on.
#[derive(Debug, Clone)]
pub struct ClaimNextRequest {
    pub filter: QueueFilter,
    pub order: QueueOrder,
    /// Number of comments to claim. Zero only renews claims.
    pub count: usize,
    pub lease: TimeDelta,
    /// The comments whose claims are renewed, without duplicates.
    pub renew: Vec<CommentId>,
}

/// Comments that the caller has claimed.
pub struct ClaimedCases {
    /// The newly claimed comments with their details, in the requested order.
    pub cases: Vec<ReviewCase>,
    /// The comments of the request's `renew` that the caller still claims.
    pub renewed: Vec<CommentId>,
    pub until: DateTime<Utc>,
}

impl Moderation {
    /// Claims the next comments for the caller, and renews the caller's claims. Claimed comments that do not fit into
    /// the response are released at once.
    pub async fn claim_next(
        &self,
        caller: &Caller,
        request: &ClaimNextRequest,
        now: DateTime<Utc>,
    ) -> Result<ClaimedCases> {
        let until = now + request.lease;
        let filter = self.with_current_author(&caller.site, request.filter.clone()).await?;
        let filter = self.to_claim(&caller.site, filter, request, now).await?;
        let claim = ClaimRequest {
            site: &caller.site,
            moderator: &caller.name,
            filter: &filter,
            order: request.order,
            count: request.count,
            renew: &request.renew,
            now,
            until,
        };
        let claimed = self.core.store.claim_next(&claim).await?;
        let cases = self.cases(caller, &claimed.new, now).await;
        let returned: HashSet<_> = cases.iter().flatten().map(|case| case.comment.id).collect();
        let left_out: Vec<_> = claimed.new.into_iter().filter(|id| !returned.contains(id)).collect();
        if !left_out.is_empty() {
            // The response does not contain these claims. If the release fails too, their leases expire.
            self.core.store.release_claims(&caller.site, &caller.name, &left_out, now).await.ok();
        }
        let cases = cases?;
        metric::claimed("TAKEN", cases.len());
        metric::claimed("RENEWED", claimed.renewed.len());
        metric::claimed("LOST", request.renew.len() - claimed.renewed.len());
        Ok(ClaimedCases { cases, renewed: claimed.renewed, until })
    }

    /// Replaces the query of a filter by the comments that match it. If there are too many to list, the first ones that
    /// no moderator has claimed replace it.
    async fn to_claim(
        &self,
        site: &SiteId,
        filter: QueueFilter,
        request: &ClaimNextRequest,
        now: DateTime<Utc>,
    ) -> Result<QueueFilter> {
        let store = &*self.core.store;
        let mut filter = queue_search::resolved(store, site, filter).await?;
        if filter.query.is_none() || request.count == 0 || filter.claimed == Some(true) {
            filter.query = None;
            return Ok(filter);
        }
        filter.claimed = Some(false);
        let (mut free, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = QueuePage {
                site,
                filter: &filter,
                order: request.order,
                size: request.count * SPARE,
                after,
                until: None,
                now,
            };
            let found = queue_search::list(store, page).await?;
            free.extend(found.items.iter().map(|case| case.comment.id));
            after = found.next;
            if after.is_none() || !free.is_empty() {
                break;
            }
        }
        filter.query = None;
        filter.unindexed = None;
        filter.among = Some(free);
        Ok(filter)
    }

    /// Returns the existing cases of `ids` in the same order, up to the size of a response.
    async fn cases(&self, caller: &Caller, ids: &[CommentId], now: DateTime<Utc>) -> Result<Vec<ReviewCase>> {
        let found =
            stream::iter(ids.to_vec()).map(|id| self.core.store.find_case(&caller.site, id, now)).buffered(LOOK_UPS);
        let mut found = std::pin::pin!(found);
        let (mut cases, mut budget) = (Vec::new(), ByteBudget::default());
        while let Some(case) = found.try_next().await? {
            let Some(case) = case else { continue };
            if !budget.takes(&case) {
                break;
            }
            cases.push(case);
        }
        Ok(cases)
    }

    /// Releases the caller's claims on `ids`, or all of the caller's claims if `ids` is empty. Returns the number of
    /// claims that were still held.
    pub async fn release_claims(&self, caller: &Caller, ids: &[CommentId], now: DateTime<Utc>) -> Result<u64> {
        let released = self.core.store.release_claims(&caller.site, &caller.name, ids, now).await?;
        metric::claimed("RELEASED", usize::try_from(released).unwrap_or_default());
        Ok(released)
    }
}

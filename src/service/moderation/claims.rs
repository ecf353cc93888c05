//! Claims: which moderator looks at which comment.

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

/// Cases looked up at once, so that one call leaves the others some connections.
const LOOK_UPS: usize = 4;

/// The number of comments looked up for each one that is wanted, because other moderators claim at the same time.
const SPARE: usize = 4;

/// How often a search that finds nothing goes on, half a second at a time.
const LOOKS: usize = 8;

/// A checked request for comments to work on.
#[derive(Debug, Clone)]
pub struct ClaimNextRequest {
    pub filter: QueueFilter,
    pub order: QueueOrder,
    /// New ones wanted; 0 only renews.
    pub count: usize,
    pub lease: TimeDelta,
    /// Each once.
    pub renew: Vec<CommentId>,
}

/// Comments that the caller holds.
pub struct ClaimedCases {
    /// The new ones in the order asked for, with their details.
    pub cases: Vec<ReviewCase>,
    /// Those of the request's `renew` that are held.
    pub renewed: Vec<CommentId>,
    pub until: DateTime<Utc>,
}

impl Moderation {
    /// Claims the next comments for the caller and renews what they hold. Those that no response has room for are released at once.
    ///
    /// # Errors
    /// The store's only.
    pub async fn claim_next(
        &self,
        caller: &Caller,
        request: &ClaimNextRequest,
        now: DateTime<Utc>,
    ) -> Result<ClaimedCases> {
        let until = now + request.lease;
        let filter = self.in_use(&caller.site, request.filter.clone()).await?;
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
        let brought: HashSet<_> = cases.iter().flatten().map(|case| case.comment.id).collect();
        let unheard: Vec<_> = claimed.new.into_iter().filter(|id| !brought.contains(id)).collect();
        if !unheard.is_empty() {
            // The caller never hears of them. Should this fail, too, the lease ends by itself.
            self.core.store.release_claims(&caller.site, &caller.name, &unheard, now).await.ok();
        }
        let cases = cases?;
        metric::claimed("TAKEN", cases.len());
        metric::claimed("RENEWED", claimed.renewed.len());
        metric::claimed("LOST", request.renew.len() - claimed.renewed.len());
        Ok(ClaimedCases { cases, renewed: claimed.renewed, until })
    }

    /// Replaces the query of a filter by comments that it finds. When those are too many to name, by the first of them that are free.
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
        for _ in 0..LOOKS {
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

    /// Returns the cases of `ids` that there are, in their order, until a response is full.
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

    /// Releases those of `ids` that the caller holds, or all when `ids` is empty; answers how many were still held.
    ///
    /// # Errors
    /// The store's only.
    pub async fn release_claims(&self, caller: &Caller, ids: &[CommentId], now: DateTime<Utc>) -> Result<u64> {
        let released = self.core.store.release_claims(&caller.site, &caller.name, ids, now).await?;
        metric::claimed("RELEASED", usize::try_from(released).unwrap_or_default());
        Ok(released)
    }
}

//! Pages and single cases of the queue.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Moderation, queue_search};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        case::ReviewCase,
        id::{CommentId, SiteId},
        page::QueuePage,
        queue::{QueueFilter, QueueOrder},
    },
    service::{
        core::concurrency_limits::{Cost, Expensive},
        page_token::{open_cursor, seal_cursor},
    },
};

/// A checked request for a page of the queue.
#[derive(Debug, Clone)]
pub struct QueueRequest {
    pub filter: QueueFilter,
    pub order: QueueOrder,
    pub size: usize,
    pub page_token: String,
}

/// A page of the queue.
pub struct QueueList {
    pub cases: Vec<ReviewCase>,
    pub next_page_token: String,
    pub total: i64,
}

impl Moderation {
    /// Returns a page of the queue.
    ///
    /// # Errors
    /// `PageTokenInvalid`, `Overloaded` for a search beyond the caller's share of searches, and those of the store.
    pub async fn list_queue(
        &self,
        caller: &Arc<Caller>,
        request: &QueueRequest,
        now: DateTime<Utc>,
    ) -> Result<Expensive<QueueList>> {
        let site = &caller.site;
        let permit = request.filter.is_search().then(|| self.core.expensive.take(caller, Cost::Search)).transpose()?;
        let bound_to = (&request.filter, request.order);
        let after = open_cursor(&self.core.keyring, site, "ListQueue", &bound_to, &request.page_token)?;
        let QueueRequest { filter, order, size, .. } = request;
        let filter = self.with_current_author(site, filter.clone()).await?;
        let filter = queue_search::resolved(&*self.core.store, site, filter).await?;
        if filter.among.as_ref().is_some_and(Vec::is_empty) {
            let nothing = QueueList { cases: Vec::new(), next_page_token: String::new(), total: 0 };
            return Ok(Expensive::new(nothing, permit));
        }
        let page = QueuePage { site, filter: &filter, order: *order, size: *size, after, until: None, now };
        let total = self.totals.count(&*self.core.store, page.clone()).await?;
        let page = queue_search::list(&*self.core.store, page).await?;
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListQueue", &bound_to, page.next)?;
        Ok(Expensive::new(QueueList { cases: page.items, next_page_token, total }, permit))
    }

    /// Returns one case.
    ///
    /// # Errors
    /// `CommentNotFound`, and those of the store.
    pub async fn get_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<ReviewCase> {
        self.core.store.find_case(site, id, now).await?.ok_or(Error::CommentNotFound(id))
    }

    /// Replaces the author key in a filter by the author's current one. The filter may contain an earlier key, because
    /// a key rotation changes author keys.
    pub(super) async fn with_current_author(&self, site: &SiteId, mut filter: QueueFilter) -> Result<QueueFilter> {
        if let Some(author) = &mut filter.author {
            *author = self.core.store.author_keys(site, author).await?.into_iter().next().unwrap_or_default();
        }
        Ok(filter)
    }
}

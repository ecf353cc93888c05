//! What readers see: one comment, pages of comments, and counts.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::PublicComments;
use crate::{
    domain::{
        Error, Result,
        article::Article,
        budget::{self, ByteBudget},
        comment::Comment,
        id::{ArticleId, CommentId, SiteId},
        mode::Mode,
        page::{CommentPage, Order, Thread, thread_cursor},
        public_comment::PublicComment,
    },
    service::{
        core::page_cache::WrittenList,
        page_token::{open_cursor, seal_cursor},
    },
    store::contract::{ArticlePage, Policies},
};

/// A checked request for a page.
#[derive(Debug, Clone)]
pub struct ListRequest {
    pub article: ArticleId,
    pub parent: Option<CommentId>,
    pub order: Order,
    pub size: usize,
    pub page_token: String,
    pub receipts: Vec<String>,
}

/// A thread with the page token for the rest of its replies.
#[derive(Debug, Clone)]
pub struct ListedThread {
    pub thread: Thread,
    pub next_reply_token: String,
}

/// A page of comments as a portal gets it.
#[derive(Debug)]
pub struct CommentList {
    pub article: ArticleId,
    pub threads: Vec<ListedThread>,
    /// Ids of the comments that the reader's receipts are for.
    pub own: Vec<CommentId>,
    pub next_page_token: String,
    pub total: i64,
    pub mode: Mode,
}

impl PublicComments {
    /// Returns one visible comment, or the reader's own pending one. The flag is true when the comment is the
    /// reader's own.
    ///
    /// # Errors
    /// `CommentNotFound`, also for comments that this reader may not see.
    pub async fn get_comment(
        &self,
        site: &SiteId,
        id: CommentId,
        receipts: &[String],
        now: DateTime<Utc>,
    ) -> Result<(Comment, bool)> {
        let own = self.own_ids(site, receipts).contains(&id);
        let visible = |comment: &Comment| comment.is_visible() || (own && comment.is_waiting());
        let comment =
            self.core.store.find_comment(site, id).await?.filter(visible).ok_or(Error::CommentNotFound(id))?;
        let policies =
            self.core.pages.policies(site, std::slice::from_ref(&comment.article), &*self.core.store).await?;
        if self.mode_of(&policies, &comment.article, now) == Mode::Hidden {
            return Err(Error::CommentNotFound(id));
        }
        Ok((comment, own))
    }

    /// Returns a page of an article's comments, encoded by `write`.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_comments(
        &self,
        site: &SiteId,
        request: &ListRequest,
        now: DateTime<Utc>,
        write: fn(CommentList) -> WrittenList,
    ) -> Result<WrittenList> {
        let ListRequest { article, parent, order, size, page_token, receipts } = request;
        let written = async { self.read_comments(site, request, now).await.map(write) };
        // Only first pages without receipts are cached: they are the same for all readers, and requested most often.
        if parent.is_none() && page_token.is_empty() && receipts.is_empty() {
            return self.core.pages.first(site, article, (*order, *size), written).await;
        }
        written.await
    }

    async fn read_comments(&self, site: &SiteId, request: &ListRequest, now: DateTime<Utc>) -> Result<CommentList> {
        let filter = page_filter(request.parent, request.order, &request.article);
        let after = open_cursor(&self.core.keyring, site, "ListComments", &filter, &request.page_token)?;
        let own = self.own_ids(site, &request.receipts);
        let page = CommentPage {
            site: site.clone(),
            article: request.article.clone(),
            parent: request.parent,
            order: request.order,
            size: request.size,
            after,
            own: own.clone(),
        };
        let ArticlePage { policy, threads: page, waiting } = self.pages.ask(page).await?;
        let mode = policy.mode(self.core.defaults.get().mode, now);
        let article = request.article.clone();
        if mode == Mode::Hidden {
            return Ok(CommentList { article, threads: vec![], own, next_page_token: String::new(), total: 0, mode });
        }
        let page = page.within(ByteBudget::after(budget::weight_of(&waiting)), thread_cursor);
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListComments", &filter, page.next)?;
        let mut threads = self.listed(site, &article, page.items)?;
        add_waiting(&mut threads, waiting, request.parent, after.is_none());
        Ok(CommentList { article, threads, own, next_page_token, total: policy.total, mode })
    }

    /// Returns the public counts. Articles that are unknown or hidden count 0.
    pub async fn count_comments(&self, site: &SiteId, ids: &[ArticleId]) -> Result<HashMap<String, i64>> {
        let policies = self.core.pages.policies(site, ids, &*self.core.store).await?;
        let rules = policies.site.rules(self.core.defaults.get().mode);
        let mut counts: HashMap<String, i64> = ids.iter().map(|id| (id.as_str().to_owned(), 0)).collect();
        for article in policies.articles {
            let count = if rules.hides(&article) { 0 } else { article.public_count };
            counts.insert(article.id.as_str().to_owned(), count);
        }
        Ok(counts)
    }

    /// Returns the mode in force on an article, which may be unknown to the service.
    fn mode_of(&self, policies: &Policies, article: &ArticleId, now: DateTime<Utc>) -> Mode {
        let known = policies.articles.first().cloned();
        let article = known.unwrap_or_else(|| Article::unknown(article.clone(), None, now));
        policies.site.rules(self.core.defaults.get().mode).mode_of(&article, now)
    }

    fn listed(&self, site: &SiteId, article: &ArticleId, threads: Vec<Thread>) -> Result<Vec<ListedThread>> {
        let seal = |thread: &Thread| {
            if thread.replies.next.is_none() {
                return Ok(String::new());
            }
            let filter = page_filter(Some(thread.root.id), Order::Oldest, article);
            seal_cursor(&self.core.keyring, site, "ListComments", &filter, thread.replies.next)
        };
        threads.into_iter().map(|thread| Ok(ListedThread { next_reply_token: seal(&thread)?, thread })).collect()
    }

    /// Receipts that are not from this service are ignored.
    fn own_ids(&self, site: &SiteId, receipts: &[String]) -> Vec<CommentId> {
        receipts.iter().filter_map(|receipt| self.core.keyring.open_receipt(site, receipt)).collect()
    }
}

/// Returns the filter that a list's page token is bound to. It leaves out the page size, which may change from page
/// to page.
fn page_filter(parent: Option<CommentId>, order: Order, article: &ArticleId) -> (String, Option<CommentId>, Order) {
    (article.as_str().to_owned(), parent, order)
}

/// Inserts a reader's own pending comments where they will appear once approved: roots at the top of the first page,
/// replies under their root.
fn add_waiting(
    threads: &mut Vec<ListedThread>,
    waiting: Vec<PublicComment>,
    parent: Option<CommentId>,
    first_page: bool,
) {
    for comment in waiting {
        let listed_alone = comment.parent == parent;
        if listed_alone && first_page {
            let replies = crate::domain::page::Page { items: vec![], next: None };
            let thread = Thread { root: comment, replies };
            threads.insert(0, ListedThread { thread, next_reply_token: String::new() });
        } else if let Some(root) = threads.iter_mut().find(|listed| Some(listed.thread.root.id) == comment.parent) {
            root.thread.replies.items.push(comment);
        }
    }
}

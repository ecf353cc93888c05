//! A store whose inserts may panic. Nothing else of it is used.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};
use duyet::{
    domain::{
        Result,
        access::AccessToken,
        audit::{AuditEntry, AuditFilter},
        case::{Case, QueueFilter},
        comment::Comment,
        decision::{Decided, Decision},
        id::{ArticleId, CommentId, SiteId},
        page::{CommentPage, Cursor, Page, QueuePage, Thread},
        policy::{Article, ArticleChange, Mode},
        request::RequestRow,
        submission::{Inserted, Submission, SubmitContext, SubmitQuestion},
    },
    store::{QueueGauge, Store},
};
use uuid::Uuid;

/// Panics at the next insert when `armed`, else hands it on.
pub struct Panicking {
    pub store: Arc<dyn Store>,
    pub armed: AtomicBool,
}

#[tonic::async_trait]
impl Store for Panicking {
    async fn insert_submissions(&self, submissions: &[Submission], site_mode: Mode) -> Result<Vec<Inserted>> {
        assert!(!self.armed.swap(false, Ordering::Relaxed), "as the test wants it");
        self.store.insert_submissions(submissions, site_mode).await
    }

    async fn migrate(&self) -> Result<()> {
        unimplemented!()
    }
    async fn ping(&self) -> Result<()> {
        unimplemented!()
    }
    async fn close(&self) {
        unimplemented!()
    }
    async fn submit_context(&self, _: &SubmitQuestion<'_>) -> Result<SubmitContext> {
        unimplemented!()
    }
    async fn spend_nonce(&self, _: &SiteId, _: [u8; 16], _: Option<&RequestRow>, _: DateTime<Utc>) -> Result<bool> {
        unimplemented!()
    }
    async fn find_request(&self, _: &SiteId, _: Uuid) -> Result<Option<RequestRow>> {
        unimplemented!()
    }
    async fn find_comment(&self, _: &SiteId, _: CommentId) -> Result<Option<Comment>> {
        unimplemented!()
    }
    async fn find_pending(&self, _: &SiteId, _: &ArticleId, _: &[CommentId]) -> Result<Vec<Comment>> {
        unimplemented!()
    }
    async fn list_comments(&self, _: &CommentPage<'_>) -> Result<Page<Thread>> {
        unimplemented!()
    }
    async fn find_articles(&self, _: &SiteId, _: &[ArticleId]) -> Result<Vec<Article>> {
        unimplemented!()
    }
    async fn update_article(&self, _: &ArticleChange) -> Result<Article> {
        unimplemented!()
    }
    async fn list_queue(&self, _: &QueuePage<'_>) -> Result<Page<Case>> {
        unimplemented!()
    }
    async fn count_queue(&self, _: &SiteId, _: &QueueFilter) -> Result<i64> {
        unimplemented!()
    }
    async fn find_case(&self, _: &SiteId, _: CommentId) -> Result<Option<Case>> {
        unimplemented!()
    }
    async fn decide(&self, _: &Decision) -> Result<Decided> {
        unimplemented!()
    }
    async fn list_audit(&self, _: &SiteId, _: &AuditFilter, _: usize, _: Option<Cursor>) -> Result<Page<AuditEntry>> {
        unimplemented!()
    }
    async fn create_token(&self, _: &AccessToken) -> Result<bool> {
        unimplemented!()
    }
    async fn find_token(&self, _: Uuid) -> Result<Option<AccessToken>> {
        unimplemented!()
    }
    async fn list_tokens(&self, _: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        unimplemented!()
    }
    async fn revoke_token(&self, _: Uuid, _: DateTime<Utc>) -> Result<bool> {
        unimplemented!()
    }
    async fn queue_gauges(&self) -> Result<Vec<QueueGauge>> {
        unimplemented!()
    }
    async fn forget(&self, _: DateTime<Utc>, _: DateTime<Utc>) -> Result<u64> {
        unimplemented!()
    }
}

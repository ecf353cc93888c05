//! How articles and the site take comments.

use serde::Serialize;

use super::{present, rfc3339};
use crate::names;
use duyet_proto::v1;

#[derive(Debug, Serialize)]
pub(crate) struct ArticlePolicy {
    article_id: String,
    title: String,
    url: String,
    /// Null inherits the site's mode.
    mode: Option<&'static str>,
    effective_mode: Option<&'static str>,
    close_at: Option<String>,
    /// When it closes by itself or closed.
    closes_at: Option<String>,
    published_at: Option<String>,
    revision: i64,
}

#[derive(Debug, Serialize)]
pub(crate) struct SitePolicy {
    /// Null means the service's setting.
    mode: Option<&'static str>,
    effective_mode: Option<&'static str>,
    /// 0 means never.
    auto_close_days: i32,
    /// 0 means the service's own.
    report_threshold: i32,
    lockdown: Option<SiteLockdown>,
    revision: i64,
}

#[derive(Debug, Serialize)]
pub(super) struct SiteLockdown {
    until: Option<String>,
    note: String,
    called_by: String,
    harder_challenges: bool,
}

/// What `approve-pending` did, or would do.
#[derive(Debug, Serialize)]
pub(crate) struct ApprovePending {
    article_id: String,
    dry_run: bool,
    released: i32,
    still_waiting: i64,
    batch_id: Option<String>,
    more: bool,
}

impl ApprovePending {
    pub(crate) fn new(article_id: String, dry_run: bool, answer: v1::ApprovePendingResponse) -> Self {
        let v1::ApprovePendingResponse { released, still_waiting, batch_id, more } = answer;
        Self { article_id, dry_run, released, still_waiting, batch_id: present(batch_id), more }
    }
}

impl From<v1::ArticlePolicy> for ArticlePolicy {
    fn from(article: v1::ArticlePolicy) -> Self {
        Self {
            mode: names::mode(article.mode),
            effective_mode: names::mode(article.effective_mode),
            close_at: rfc3339(article.close_at.as_ref()),
            closes_at: rfc3339(article.closes_at.as_ref()),
            published_at: rfc3339(article.published_at.as_ref()),
            article_id: article.article_id,
            title: article.title,
            url: article.url,
            revision: article.revision,
        }
    }
}

impl From<v1::SitePolicy> for SitePolicy {
    fn from(site: v1::SitePolicy) -> Self {
        let lockdown = site.lockdown.map(|lockdown| SiteLockdown {
            until: rfc3339(lockdown.until.as_ref()),
            note: lockdown.note,
            called_by: lockdown.called_by,
            harder_challenges: lockdown.harder_challenges,
        });
        Self {
            mode: names::mode(site.mode),
            effective_mode: names::mode(site.effective_mode),
            auto_close_days: site.auto_close_days,
            report_threshold: site.report_threshold,
            lockdown,
            revision: site.revision,
        }
    }
}

//! `PolicyService.GetArticle` and `UpdateArticle`.

use chrono::{DateTime, Utc};
use duyet_proto::v1;

use super::{PolicyGrpc, mask::Mask};
use crate::{
    domain::{
        Error, Result,
        access::Role,
        article::Article,
        form,
        site::SiteRules,
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::values::{from_mode, from_time, optional, to_mode, to_time},
    },
    service::ArticleUpdate,
};

/// Fields that an update may change.
const MUTABLE: [&str; 5] = ["title", "url", "mode", "close_at", "published_at"];

impl PolicyGrpc {
    pub(super) async fn get_article(
        &self,
        call: &Call,
        request: v1::GetArticleRequest,
    ) -> Result<v1::GetArticleResponse> {
        let mut violations = Violations::default();
        let id = form::check_article(&request.article_id, &mut violations);
        violations.into_result()?;
        let id = id.ok_or_else(|| Error::invalid("article_id", Problem::Required))?;
        let found = self.policies.get_article(&call.caller.site, &id).await;
        let (article, rules) = self.suggesting(call, found).await?;
        Ok(v1::GetArticleResponse { article: Some(to_policy(article, &rules, call.now)) })
    }

    /// Adds the nearest known articles to `ArticleNotFound`. Portals do not get suggestions, because the ids are their
    /// own.
    pub(super) async fn suggesting<T>(&self, call: &Call, result: Result<T>) -> Result<T> {
        match result {
            Err(error @ Error::ArticleNotFound { .. }) if call.caller.role != Role::Portal => {
                Err(self.policies.with_nearest_articles(&call.caller.site, error).await)
            }
            result => result,
        }
    }

    pub(super) async fn update_article(
        &self,
        call: &Call,
        request: v1::UpdateArticleRequest,
    ) -> Result<v1::UpdateArticleResponse> {
        let updated = self.policies.update_article(&call.caller, article_update(request)?, call.now).await;
        let (article, rules) = self.suggesting(call, updated).await?;
        Ok(v1::UpdateArticleResponse { article: Some(to_policy(article, &rules, call.now)) })
    }
}

fn to_policy(article: Article, rules: &SiteRules, now: DateTime<Utc>) -> v1::ArticlePolicy {
    v1::ArticlePolicy {
        effective_mode: to_mode(rules.mode_of(&article, now)).into(),
        closes_at: rules.closes_at(&article.rules()).map(to_time),
        article_id: article.id.as_str().to_owned(),
        title: article.title,
        url: article.url,
        mode: article.mode.map_or(v1::Mode::Unspecified, to_mode).into(),
        close_at: article.close_at.map(to_time),
        revision: article.revision,
        published_at: article.published_at.map(to_time),
    }
}

fn article_update(request: v1::UpdateArticleRequest) -> Result<ArticleUpdate> {
    let mut violations = Violations::default();
    let article = request.article.unwrap_or_default();
    let id = form::check_article(&article.article_id, &mut violations);
    let texts = (("article.title", article.title.as_str()), ("article.url", article.url.as_str()));
    let title = form::check_article_texts(texts.0, texts.1, &mut violations);
    let mode = optional(article.mode, from_mode, "article.mode", &mut violations);
    let close_at = from_time(article.close_at, "article.close_at", &mut violations);
    let published_at = from_time(article.published_at, "article.published_at", &mut violations);
    if article.revision < 0 {
        violations.add("article.revision", Problem::OutOfRange);
    }
    let mask = Mask::check(request.update_mask, &MUTABLE, &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    violations.finish(|| {
        Some(ArticleUpdate {
            id: id?,
            title: mask.names("title").then_some(title),
            url: mask.names("url").then_some(article.url),
            mode: mask.names("mode").then_some(mode),
            close_at: mask.names("close_at").then_some(close_at),
            published_at: mask.names("published_at").then_some(published_at),
            expected_revision: article.revision,
            request_id: request_id?,
        })
    })
}

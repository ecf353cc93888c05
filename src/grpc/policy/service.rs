//! `PolicyService`, with its articles. The site and the release of what waits have files of their own.

use chrono::{DateTime, Utc};
use tonic::{Request, Response, Status, async_trait};

use super::mask::Mask;
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
        convert::{from_mode, from_time, optional, to_mode, to_time},
        routes::Service,
    },
    proto::v1::{self, policy_service_server::PolicyService},
    service::ArticleUpdate,
};

/// Fields that an update may change.
const MUTABLE: [&str; 5] = ["title", "url", "mode", "close_at", "published_at"];

#[async_trait]
impl PolicyService for Service {
    async fn get_site(&self, request: Request<v1::GetSiteRequest>) -> Result<Response<v1::GetSiteResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.site(&call).await)
    }

    async fn update_site(
        &self,
        request: Request<v1::UpdateSiteRequest>,
    ) -> Result<Response<v1::UpdateSiteResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.change_site(&call, request.into_inner()).await)
    }

    async fn lockdown(&self, request: Request<v1::LockdownRequest>) -> Result<Response<v1::LockdownResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.lock_down(&call, request.into_inner()).await)
    }

    async fn release_pending(
        &self,
        request: Request<v1::ReleasePendingRequest>,
    ) -> Result<Response<v1::ReleasePendingResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.release_waiting(&call, request.into_inner()).await)
    }

    async fn get_article(
        &self,
        request: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.article(&call, request.into_inner()).await)
    }

    async fn update_article(
        &self,
        request: Request<v1::UpdateArticleRequest>,
    ) -> Result<Response<v1::UpdateArticleResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.update(&call, request.into_inner()).await)
    }
}

impl Service {
    async fn article(&self, call: &Call, request: v1::GetArticleRequest) -> Result<v1::GetArticleResponse> {
        let mut violations = Violations::default();
        let id = form::check_article(&request.article_id, &mut violations);
        violations.into_result()?;
        let id = id.ok_or_else(|| Error::invalid("article_id", Problem::Required))?;
        let found = self.0.get_article(&call.caller.site, &id).await;
        let (article, rules) = self.suggesting(call, found).await?;
        Ok(v1::GetArticleResponse { article: Some(to_policy(article, &rules, call.now)) })
    }

    /// Where an article is unknown, a moderator is told which known ones may be meant. A portal knows its own ids.
    pub(in crate::grpc) async fn suggesting<T>(&self, call: &Call, result: Result<T>) -> Result<T> {
        match result {
            Err(error @ Error::ArticleNotFound { .. }) if call.caller.role != Role::Portal => {
                Err(self.0.with_nearest_articles(&call.caller.site, error).await)
            }
            result => result,
        }
    }

    async fn update(&self, call: &Call, request: v1::UpdateArticleRequest) -> Result<v1::UpdateArticleResponse> {
        let updated = self.0.update_article(&call.caller, article_update(request)?, call.now).await;
        let (article, rules) = self.suggesting(call, updated).await?;
        Ok(v1::UpdateArticleResponse { article: Some(to_policy(article, &rules, call.now)) })
    }
}

fn to_policy(article: Article, rules: &SiteRules, now: DateTime<Utc>) -> v1::ArticlePolicy {
    v1::ArticlePolicy {
        effective_mode: to_mode(rules.mode_of(&article, now)).into(),
        closes_at: rules.closes_at(&article).map(to_time),
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
    violations.into_result()?;
    let (Some(id), Some(request_id)) = (id, request_id) else {
        return Err(Error::internal("a missing field was not noted"));
    };
    Ok(ArticleUpdate {
        id,
        title: mask.names("title").then_some(title),
        url: mask.names("url").then_some(article.url),
        mode: mask.names("mode").then_some(mode),
        close_at: mask.names("close_at").then_some(close_at),
        published_at: mask.names("published_at").then_some(published_at),
        expected_revision: article.revision,
        request_id,
    })
}

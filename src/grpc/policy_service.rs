//! `PolicyService`.

use chrono::{DateTime, Utc};
use tonic::{Request, Response, Status, async_trait};

use super::{
    Service,
    call::Call,
    convert::{from_mode, from_time, optional, to_mode, to_time},
};
use crate::{
    domain::{
        Error, Result,
        error::{Problem, Violations},
        form,
        policy::Article,
    },
    proto::v1::{self, policy_service_server::PolicyService},
    workflow::ArticleUpdate,
};

/// Fields that an update may change.
const MUTABLE: [&str; 4] = ["title", "url", "mode", "close_at"];

#[async_trait]
impl PolicyService for Service {
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
        let article = self.0.get_article(&call.caller.site, &id).await?;
        Ok(v1::GetArticleResponse { article: Some(self.to_policy(article, call.now)) })
    }

    async fn update(&self, call: &Call, request: v1::UpdateArticleRequest) -> Result<v1::UpdateArticleResponse> {
        let article = self.0.update_article(&call.caller, article_update(request)?, call.now).await?;
        Ok(v1::UpdateArticleResponse { article: Some(self.to_policy(article, call.now)) })
    }

    fn to_policy(&self, article: Article, now: DateTime<Utc>) -> v1::ArticlePolicy {
        v1::ArticlePolicy {
            effective_mode: to_mode(self.0.effective_mode(&article, now)).into(),
            article_id: article.id.as_str().to_owned(),
            title: article.title,
            url: article.url,
            mode: article.mode.map_or(v1::Mode::Unspecified, to_mode).into(),
            close_at: article.close_at.map(to_time),
            revision: article.revision,
        }
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
    if article.revision < 0 {
        violations.add("article.revision", Problem::OutOfRange);
    }
    let paths = request.update_mask.map(|mask| mask.paths).unwrap_or_default();
    let everything = paths.is_empty() || paths.iter().any(|path| path == "*");
    if paths.iter().any(|path| path != "*" && !MUTABLE.contains(&path.as_str())) {
        violations.add("update_mask", Problem::UnknownValue);
    }
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    violations.into_result()?;
    let (Some(id), Some(request_id)) = (id, request_id) else {
        return Err(Error::internal("a missing field was not noted"));
    };
    let changes = |path: &str| everything || paths.iter().any(|listed| listed == path);
    Ok(ArticleUpdate {
        id,
        title: changes("title").then_some(title),
        url: changes("url").then_some(article.url),
        mode: changes("mode").then_some(mode),
        close_at: changes("close_at").then_some(close_at),
        expected_revision: article.revision,
        request_id,
    })
}

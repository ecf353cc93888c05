//! `duyet close` and `duyet open`: whether an article takes comments.

use tonic::{Code, Status};
use uuid::Uuid;

use super::{
    choices::ModeChoice,
    connection::Connection,
    desk::Desk,
    json, names,
    outcome::{Failure, Outcome},
    sanitize,
};
use crate::proto::v1;

/// Runs `close`.
pub(super) async fn close(desk: &Desk<'_>, article: String) -> Result<Outcome, Failure> {
    change(desk, article, v1::Mode::Closed).await
}

/// Runs `open`. Without a mode the article goes back to the site's.
pub(super) async fn open(desk: &Desk<'_>, article: String, mode: Option<ModeChoice>) -> Result<Outcome, Failure> {
    change(desk, article, mode.map_or(v1::Mode::Unspecified, v1::Mode::from)).await
}

async fn change(desk: &Desk<'_>, article_id: String, mode: v1::Mode) -> Result<Outcome, Failure> {
    let mut connection = desk.connect().await?;
    let changed = read_and_change(desk, &mut connection, article_id, mode).await;
    let article = changed.map_err(|status| desk.failure(&connection, &status))?;
    if desk.output.json {
        desk.output.json(&json::ArticlePolicy::from(article))?;
    } else {
        let mode = names::mode(article.effective_mode).map(|name| names::words(desk.locale, "mode", name));
        let values = [
            ("article", sanitize::line(&article.article_id).into()),
            ("mode", mode.unwrap_or_default().into()),
            ("revision", article.revision.into()),
        ];
        desk.output.data(&desk.locale.text_with("cli-article-changed", &values))?;
    }
    Ok(Outcome::Done)
}

/// Reads the revision and changes exactly that: whoever comes between wins, and this ends as a conflict.
async fn read_and_change(
    desk: &Desk<'_>,
    connection: &mut Connection,
    article_id: String,
    mode: v1::Mode,
) -> Result<v1::ArticlePolicy, Status> {
    let request = v1::GetArticleRequest { article_id: article_id.clone() };
    let known = match connection.policy.get_article(request).await {
        Ok(answer) => answer.into_inner().article.unwrap_or_default(),
        // Revision 0 creates it, so that comments can be closed before the first one comes.
        Err(status) if status.code() == Code::NotFound => v1::ArticlePolicy::default(),
        Err(status) => return Err(status),
    };
    let mut paths = vec!["mode".to_owned()];
    let has_closed = json::time(known.close_at.as_ref()).is_some_and(|at| at <= desk.now);
    if mode != v1::Mode::Closed && has_closed {
        // A closing time that has passed would keep the article closed; one still to come stays.
        paths.push("close_at".to_owned());
    }
    let article = v1::ArticlePolicy { article_id, mode: mode.into(), revision: known.revision, ..Default::default() };
    let request = v1::UpdateArticleRequest {
        article: Some(article),
        update_mask: Some(prost_types::FieldMask { paths }),
        request_id: Uuid::new_v4().to_string(),
    };
    let answer = connection.policy.update_article(request).await?;
    Ok(answer.into_inner().article.unwrap_or_default())
}

//! `GetComment` and `CountComments`.

use duyet_proto::v1;

use super::CommentGrpc;
use crate::{
    domain::{
        Error, Result, form,
        id::ArticleId,
        violation::{Problem, Violations},
    },
    grpc::{call::Call, convert::case::to_public},
};

/// Maximum number of receipts in one request.
const MAX_RECEIPTS: usize = 20;

/// Maximum number of articles in one `CountComments`: enough for a portal's front page.
const MAX_ARTICLES: usize = 200;

impl CommentGrpc {
    pub(super) async fn get_comment(
        &self,
        call: &Call,
        request: v1::GetCommentRequest,
    ) -> Result<v1::GetCommentResponse> {
        let mut violations = Violations::default();
        let id = form::check_comment(&request.id, "id", &mut violations);
        check_receipts(&request.receipts, &mut violations);
        violations.into_result()?;
        let id = id.ok_or_else(|| Error::invalid("id", Problem::Required))?;
        let (comment, own) = self.comments.get_comment(&call.caller.site, id, &request.receipts, call.now).await?;
        let article = comment.article.clone();
        Ok(v1::GetCommentResponse { comment: Some(to_public(comment.into(), &article, own)) })
    }

    pub(super) async fn count_comments(
        &self,
        call: &Call,
        request: v1::CountCommentsRequest,
    ) -> Result<v1::CountCommentsResponse> {
        let mut violations = Violations::default();
        if request.article_ids.len() > MAX_ARTICLES {
            violations.add("article_ids", Problem::TooMany { limit: MAX_ARTICLES });
        }
        let ids: Vec<ArticleId> = request.article_ids.iter().filter_map(|id| ArticleId::parse(id)).collect();
        if ids.len() != request.article_ids.len() {
            violations.add("article_ids", Problem::NotAnArticleId);
        }
        violations.into_result()?;
        let found = self.comments.count_comments(&call.caller.site, &ids).await?;
        // The response uses the ids as the request spells them.
        let count = |id: &ArticleId| found.get(id.as_str()).copied().unwrap_or_default();
        let counts = request.article_ids.into_iter().zip(&ids).map(|(asked, id)| (asked, count(id))).collect();
        Ok(v1::CountCommentsResponse { counts })
    }
}

pub(super) fn check_receipts(receipts: &[String], violations: &mut Violations) {
    if receipts.len() > MAX_RECEIPTS {
        violations.add("receipts", Problem::TooMany { limit: MAX_RECEIPTS });
    }
}

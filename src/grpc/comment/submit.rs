//! `SubmitComment`.

use duyet_proto::v1;

use super::CommentGrpc;
use crate::{
    domain::{Result, form::RawForm, id::SiteId, violation::Violations},
    grpc::{
        call::Call,
        convert::{
            challenge::read_reader,
            values::{from_time, to_time},
        },
    },
};

impl CommentGrpc {
    pub(super) async fn submit_comment(
        &self,
        call: &Call,
        request: v1::SubmitCommentRequest,
    ) -> Result<v1::SubmitCommentResponse> {
        let site = &call.caller.site;
        let submitted = self.submissions.submit_comment(site, raw_form(request, site), call.now).await?;
        let published_at = submitted.answer.published_at;
        let outcome = if published_at.is_some() { v1::Outcome::Published } else { v1::Outcome::Pending };
        Ok(v1::SubmitCommentResponse {
            comment_id: submitted.answer.comment.to_string(),
            outcome: outcome.into(),
            receipt: submitted.receipt,
            replayed: submitted.replayed,
            published_at: published_at.map(to_time),
        })
    }
}

fn raw_form(request: v1::SubmitCommentRequest, site: &SiteId) -> RawForm {
    let mut noted = Violations::default();
    let form_opened_at = from_time(request.form_opened_at, "form_opened_at", &mut noted);
    let article_published_at = from_time(request.article_published_at, "article_published_at", &mut noted);
    RawForm {
        article_id: request.article_id,
        article_title: request.article_title,
        article_url: request.article_url,
        article_published_at,
        parent_id: request.parent_id,
        author_name: request.author_name,
        title: request.title,
        content: request.content,
        challenge_token: request.challenge_token,
        challenge_answer: request.challenge_answer,
        client: read_reader(request.client, site),
        request_id: request.request_id,
        honeypot: request.honeypot,
        form_opened_at,
        noted,
    }
}

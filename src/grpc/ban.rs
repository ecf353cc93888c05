//! `BanService`. Responses never contain the hash that a ban applies to.

use std::sync::Arc;

use duyet_locale::Locale;
use duyet_proto::v1::{self, ban_service_server::BanService, create_ban_request::Subject};
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

use super::{
    call::Call,
    convert::values::{
        from_ban_effect, from_ban_kind, from_reason, from_time, optional, required, to_ban_effect, to_ban_kind,
        to_reason, to_time,
    },
    item_result::to_settled_item,
};
use crate::{
    domain::{
        Result,
        ban::{self, Ban, BanKind},
        decision::{self, MAX_NOTE, Settled},
        form,
        id::parse_uuid,
        lifecycle::Action,
        page::page_size,
        text,
        violation::{Problem, Violations},
    },
    service::{BanRequest, BanTarget, Bans, BansRequest, RevokeRequest, Services},
};

/// `BanService`.
#[derive(Clone)]
pub(super) struct BanGrpc {
    bans: Arc<Bans>,
}

impl BanGrpc {
    pub(super) fn new(services: &Services) -> Self {
        Self { bans: Arc::clone(&services.bans) }
    }
}

#[async_trait]
impl BanService for BanGrpc {
    async fn create_ban(
        &self,
        request: Request<v1::CreateBanRequest>,
    ) -> Result<Response<v1::CreateBanResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.create_ban(&call, request.into_inner()).await)
    }

    async fn revoke_ban(
        &self,
        request: Request<v1::RevokeBanRequest>,
    ) -> Result<Response<v1::RevokeBanResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.revoke_ban(&call, request.into_inner()).await)
    }

    async fn list_bans(&self, request: Request<v1::ListBansRequest>) -> Result<Response<v1::ListBansResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.list_bans(&call, request.into_inner()).await)
    }
}

impl BanGrpc {
    async fn create_ban(&self, call: &Call, request: v1::CreateBanRequest) -> Result<v1::CreateBanResponse> {
        let made = self.bans.create_ban(&call.caller, ban_request(request, call)?, call.now).await?;
        Ok(v1::CreateBanResponse {
            ban: Some(to_ban(made.ban)),
            results: made.settled.into_iter().filter_map(|one| to_item(one, call.locale)).collect(),
            more: made.more,
        })
    }

    async fn revoke_ban(&self, call: &Call, request: v1::RevokeBanRequest) -> Result<v1::RevokeBanResponse> {
        let mut violations = Violations::default();
        let ban = check_ban(&request.ban_id, &mut violations);
        let note = text::clean_block(&request.note);
        violations.check_length("note", &note, MAX_NOTE, MAX_NOTE * 8);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        let request = violations.finish(|| Some(RevokeRequest { ban: ban?, note, request_id: request_id? }))?;
        let (ban, changed) = self.bans.revoke_ban(&call.caller, request, call.now).await?;
        Ok(v1::RevokeBanResponse { ban: Some(to_ban(ban)), changed })
    }

    async fn list_bans(&self, call: &Call, request: v1::ListBansRequest) -> Result<v1::ListBansResponse> {
        let size = page_size(request.page_size, 50, 200);
        let request = BansRequest { ended: request.ended, size, page_token: request.page_token };
        let list = self.bans.list_bans(&call.caller.site, &request, call.now).await?;
        Ok(v1::ListBansResponse {
            bans: list.bans.into_iter().map(to_ban).collect(),
            next_page_token: list.next_page_token,
        })
    }
}

fn ban_request(request: v1::CreateBanRequest, call: &Call) -> Result<BanRequest> {
    let mut violations = Violations::default();
    let kind = optional(request.subject_kind, from_ban_kind, "subject_kind", &mut violations);
    let named = request.subject_kind != 0;
    let target = ban_target(request.subject, kind, named, &mut violations);
    let effect = required(request.effect, from_ban_effect, "effect", &mut violations);
    let reason = optional(request.reason, from_reason, "reason", &mut violations);
    // A ban requires the same reason and note as a rejection.
    let (reason, note) = decision::check_reason(Action::Reject, reason, &request.note, &mut violations);
    let expires_at = match request.expires_at {
        None => violations.take("expires_at", None, Problem::Required),
        given => from_time(given, "expires_at", &mut violations),
    };
    let since = from_time(request.since, "since", &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    if let (false, Some(expires_at)) = (violations.fields().is_empty(), expires_at) {
        // The request fails anyway, so this reports invalid times together with the other problems. If nothing else is
        // wrong, the service checks the times, because it recognises resends, which may be sent after the ban has
        // ended.
        ban::check_times(kind, expires_at, since, call.now, &mut violations);
    }
    violations.finish(|| {
        Some(BanRequest {
            target: target?,
            effect: effect?,
            reason: reason?,
            note,
            expires_at: expires_at?,
            reject_pending: request.reject_pending,
            remove_published: request.remove_published,
            since,
            request_id: request_id?,
        })
    })
}

/// Parses the target of a ban. `named` is false when the request leaves the kind out; a kind that is set but unknown
/// has already been reported as a violation.
fn ban_target(
    subject: Option<Subject>,
    kind: Option<BanKind>,
    named: bool,
    violations: &mut Violations,
) -> Option<BanTarget> {
    match subject {
        None => violations.take("subject", None, Problem::Required),
        Some(Subject::CommentId(id)) => {
            let id = form::check_comment(&id, "comment_id", violations);
            if !named {
                violations.add("subject_kind", Problem::Required);
            }
            id.zip(kind).map(|(id, kind)| BanTarget::Comment(id, kind))
        }
        Some(Subject::Author(key)) => {
            if kind.is_some_and(|kind| kind != BanKind::Author) {
                violations.add("subject_kind", Problem::UnknownValue);
            }
            let key = Some(key).filter(|key| ban::is_author_key(key));
            violations.take("author", key, Problem::UnknownValue).map(BanTarget::Author)
        }
    }
}

/// Converts the result for a comment that was rejected or removed with the ban. Comments that could not be changed are
/// left out of the response.
fn to_item(one: Settled, locale: Locale) -> Option<v1::ItemResult> {
    let id = one.result.as_ref().ok()?.last_change.comment;
    Some(to_settled_item(id, one, locale))
}

fn check_ban(id: &str, violations: &mut Violations) -> Option<Uuid> {
    let problem = if id.is_empty() { Problem::Required } else { Problem::NotAUuid };
    violations.take("ban_id", parse_uuid(id), problem)
}

fn to_ban(ban: Ban) -> v1::Ban {
    v1::Ban {
        id: ban.id.to_string(),
        subject_kind: to_ban_kind(ban.kind).into(),
        author: ban.author,
        effect: to_ban_effect(ban.effect).into(),
        reason: to_reason(ban.reason).into(),
        note: ban.note,
        created_by: ban.created_by,
        created_at: Some(to_time(ban.created_at)),
        expires_at: Some(to_time(ban.expires_at)),
        comment_id: ban.comment.map(|id| id.to_string()).unwrap_or_default(),
        batch_id: ban.batch.map(|id| id.to_string()).unwrap_or_default(),
        revoked_at: ban.revoked_at.map(to_time),
        revoked_by: ban.revoked_by,
    }
}

//! Bans: their subject, and the comments that are decided with them. A moderator bans the sender of a comment, so
//! that no moderator needs to see an address.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{
    core::{Core, page_cache::is_hidden},
    ids::new_id,
    page_token::{open_cursor, seal_cursor},
    request_row::request_row,
};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        audit::{AuditAction, AuditEntry},
        ban::{self, Along, Ban, BanEffect, BanKind, BanMade, BanSubject, NewBan, Revocation},
        id::{CommentId, SiteId},
        key::KeyMark,
        lifecycle::Action,
        reason::Reason,
        request::RequestRow,
        submission::SenderTrace,
        violation::Violations,
    },
    ops::metric,
};

/// The subject of a ban to be made.
#[derive(Debug, Clone, Serialize)]
pub enum BanTarget {
    /// The sender or the text of this comment, identified by the given kind.
    Comment(CommentId, BanKind),
    /// An author key.
    Author(String),
}

impl BanTarget {
    pub const fn kind(&self) -> BanKind {
        match self {
            Self::Comment(_, kind) => *kind,
            Self::Author(_) => BanKind::Author,
        }
    }
}

/// A request for a ban, checked except for its times.
#[derive(Debug, Clone, Serialize)]
pub struct BanRequest {
    pub target: BanTarget,
    pub effect: BanEffect,
    pub reason: Reason,
    pub note: String,
    pub expires_at: DateTime<Utc>,
    /// True to also reject the subject's pending comments.
    pub reject_pending: bool,
    /// True to also remove the subject's public comments.
    pub remove_published: bool,
    /// Only comments since this time are rejected or removed with the ban; `None` means the last [`ban::ALONG_DAYS`]
    /// days.
    pub since: Option<DateTime<Utc>>,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// A checked request to end a ban.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeRequest {
    pub ban: Uuid,
    pub note: String,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// A checked request for a page of bans.
#[derive(Debug, Clone)]
pub struct BansRequest {
    /// True to include bans that have ended.
    pub ended: bool,
    pub size: usize,
    pub page_token: String,
}

/// A page of bans.
pub struct BanList {
    pub bans: Vec<Ban>,
    pub next_page_token: String,
}

/// The subject of a ban, as it is stored.
struct Banned {
    subject: BanSubject,
    keyed_by: Option<KeyMark>,
    /// True for an author without a device, who is known only by name and address prefix.
    is_name: bool,
}

/// The service of bans.
pub struct Bans {
    core: Arc<Core>,
}

impl Bans {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Creates a ban. Every submit that begins after this function has returned `Ok` is subject to it.
    ///
    /// # Errors
    /// `Invalid` (the times), `CommentNotFound`, `BanSubjectUnknown`, `RequestIdReused`.
    pub async fn create_ban(&self, caller: &Caller, request: BanRequest, now: DateTime<Utc>) -> Result<BanMade> {
        let row = request_row(&self.core.keyring, "CreateBan", caller, &request, request.request_id)?;
        // The times of a resend were checked when it was first sent, and are not checked against the current time.
        let resent = self.core.store.find_request(&caller.site, request.request_id).await?.is_some();
        if !resent {
            let mut violations = Violations::default();
            let BanRequest { target, expires_at, since, .. } = &request;
            ban::check_times(Some(target.kind()), *expires_at, *since, now, &mut violations);
            violations.into_result()?;
        }
        let banned = self.banned(&caller.site, &request.target, now, resent).await?;
        // Several people with the same name may share an address prefix, so their comments are held and not rejected.
        let effect = if banned.is_name { BanEffect::Hold } else { request.effect };
        let new = new_ban(caller, BanRequest { effect, ..request }, banned, row, now);
        let change = self.core.pages.change();
        let made = self.core.store.create_ban(&new).await?;
        change.settle(made.settled.iter().any(|one| is_hidden(one.comment.as_ref()))).await;
        for _ in made.settled.iter().filter(|_| !resent) {
            metric::decided(Action::Reject, "CHANGED");
        }
        Ok(made)
    }

    async fn banned(&self, site: &SiteId, target: &BanTarget, now: DateTime<Utc>, resent: bool) -> Result<Banned> {
        let (id, kind) = match target {
            BanTarget::Author(key) => return self.banned_author(site, key).await,
            BanTarget::Comment(id, kind) => (*id, *kind),
        };
        let trace = self.core.store.find_sender(site, id).await?.ok_or(Error::CommentNotFound(id))?;
        let too_old = rests_on_prefix(kind, &trace) && !ban::prefix_is_recent(trace.created_at, now);
        let is_name = kind == BanKind::Author && trace.sender.device.is_none();
        let of_address = trace.address_key.filter(|_| kind == BanKind::IpPrefix);
        let keyed_by = of_address.or(trace.sender.key);
        let key = match kind {
            BanKind::Device => trace.sender.device.map(Vec::from),
            BanKind::IpPrefix => trace.sender.prefix.map(Vec::from),
            BanKind::Fingerprint => Some(trace.fingerprint.to_vec()),
            BanKind::Author => Some(trace.sender.author.into_bytes()),
        };
        // A resend creates no ban, so it returns the stored response even if the comment has changed since.
        let key = key.filter(|_| resent || !too_old).or_else(|| resent.then(Vec::new));
        let key = key.ok_or(Error::BanSubjectUnknown)?;
        Ok(Banned { subject: BanSubject { kind, key }, keyed_by, is_name })
    }

    /// Returns the author that an author key belongs to; the author key may be from before a key rotation. An author
    /// without comments counts as one without a device.
    async fn banned_author(&self, site: &SiteId, author: &str) -> Result<Banned> {
        let mut keys = self.core.store.author_keys(site, author).await?;
        let author = if keys.is_empty() { author.to_owned() } else { keys.swap_remove(0) };
        let trace = match self.core.store.comments_by(site, &author, None, 1).await?.first() {
            Some(comment) => self.core.store.find_sender(site, comment.id).await?,
            None => None,
        };
        let keyed_by = trace.as_ref().map_or(Some(self.core.keyring.mark()), |trace| trace.sender.key);
        let is_name = trace.is_none_or(|trace| trace.sender.device.is_none());
        let subject = BanSubject { kind: BanKind::Author, key: author.into_bytes() };
        Ok(Banned { subject, keyed_by, is_name })
    }

    /// Revokes a ban. The flag is `false` if the ban had already expired or been revoked.
    ///
    /// # Errors
    /// `BanNotFound`, `RequestIdReused`.
    pub async fn revoke_ban(&self, caller: &Caller, request: RevokeRequest, now: DateTime<Utc>) -> Result<(Ban, bool)> {
        let row = request_row(&self.core.keyring, "RevokeBan", caller, &request, request.request_id)?;
        let entry = AuditEntry {
            note: request.note,
            request_id: Some(request.request_id),
            ban: Some(request.ban),
            ..AuditEntry::new(new_id(now), AuditAction::RevokeBan, &caller.name, now)
        };
        let revocation = Revocation { site: caller.site.clone(), ban: request.ban, entry, request: Some(row) };
        self.core.store.revoke_ban(&revocation).await
    }

    /// Returns a page of bans, newest first: those in force, or all.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_bans(&self, site: &SiteId, request: &BansRequest, now: DateTime<Utc>) -> Result<BanList> {
        let BansRequest { ended, size, page_token } = request;
        let after = open_cursor(&self.core.keyring, site, "ListBans", ended, page_token)?;
        let page = self.core.store.list_bans(site, *ended, now, *size, after).await?;
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListBans", ended, page.next)?;
        Ok(BanList { bans: page.items, next_page_token })
    }
}

/// Returns true when the hash to ban uses the salt of its comment's month: an address prefix, or the author key of a
/// reader without a device.
fn rests_on_prefix(kind: BanKind, trace: &SenderTrace) -> bool {
    match kind {
        BanKind::IpPrefix => true,
        BanKind::Author => trace.sender.device.is_none() && trace.sender.prefix.is_some(),
        BanKind::Device | BanKind::Fingerprint => false,
    }
}

fn new_ban(caller: &Caller, request: BanRequest, banned: Banned, row: RequestRow, now: DateTime<Utc>) -> NewBan {
    let Banned { subject, keyed_by, .. } = banned;
    let author = || String::from_utf8_lossy(&subject.key).into_owned();
    let (comment, author) = match request.target {
        BanTarget::Comment(id, BanKind::Author) => (Some(id), author()),
        BanTarget::Comment(id, _) => (Some(id), String::new()),
        BanTarget::Author(_) => (None, author()),
    };
    let ban = Ban {
        id: new_id(now),
        kind: subject.kind,
        author,
        effect: request.effect,
        reason: request.reason,
        note: request.note,
        created_by: caller.name.clone(),
        created_at: now,
        expires_at: request.expires_at,
        comment,
        batch: None,
        revoked_at: None,
        revoked_by: String::new(),
    };
    let along = Along {
        reject_pending: request.reject_pending,
        remove_published: request.remove_published,
        since: request.since.unwrap_or(now - Duration::days(ban::ALONG_DAYS)),
        batch: new_id(now),
    };
    let along = Some(along).filter(|along| along.reject_pending || along.remove_published);
    NewBan { site: caller.site.clone(), subject, key: keyed_by, ban, along, request: Some(row) }
}

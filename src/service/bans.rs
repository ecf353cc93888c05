//! Bans: whom a moderator means, and what goes along. A ban is made from a comment, so that nobody need see an address.

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

/// Whom or what a ban is to be about.
#[derive(Debug, Clone, Serialize)]
pub enum BanTarget {
    /// What stands behind this comment.
    Comment(CommentId, BanKind),
    /// An author key.
    Author(String),
}

impl BanTarget {
    /// What it is about.
    pub const fn kind(&self) -> BanKind {
        match self {
            Self::Comment(_, kind) => *kind,
            Self::Author(_) => BanKind::Author,
        }
    }
}

/// A request for a ban, checked but for its times.
#[derive(Debug, Clone, Serialize)]
pub struct BanRequest {
    pub target: BanTarget,
    pub effect: BanEffect,
    pub reason: Reason,
    pub note: String,
    pub expires_at: DateTime<Utc>,
    /// Also reject what the subject has waiting.
    pub reject_pending: bool,
    /// Also remove what the subject has on the page.
    pub remove_published: bool,
    /// For the two above; `None` means the last [`ban::ALONG_DAYS`] days.
    pub since: Option<DateTime<Utc>>,
    /// Not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// A checked request to end a ban.
#[derive(Debug, Clone, Serialize)]
pub struct RevokeRequest {
    pub ban: Uuid,
    pub note: String,
    /// Not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// A checked request for a page of bans.
#[derive(Debug, Clone)]
pub struct BansRequest {
    /// True: also those that ended.
    pub ended: bool,
    pub size: usize,
    pub page_token: String,
}

/// A page of bans.
pub struct BanList {
    pub bans: Vec<Ban>,
    pub next_page_token: String,
}

/// What a ban is about, as rows have it.
struct Banned {
    subject: BanSubject,
    keyed_by: Option<KeyMark>,
    /// An author without a device.
    is_name: bool,
}

/// Bans of readers and of what they send.
pub struct Bans {
    core: Arc<Core>,
}

impl Bans {
    pub(super) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// Makes a ban. `Ok` means that no submit which starts from now on gets past it.
    ///
    /// # Errors
    /// `Invalid` (the times), `CommentNotFound`, `BanSubjectUnknown`, `RequestIdReused`.
    pub async fn create_ban(&self, caller: &Caller, request: BanRequest, now: DateTime<Utc>) -> Result<BanMade> {
        let row = request_row(&self.core.keyring, "CreateBan", caller, &request, request.request_id)?;
        // What was in time when it was first sent is answered as it was then.
        let resent = self.core.store.find_request(&caller.site, request.request_id).await?.is_some();
        if !resent {
            let mut violations = Violations::default();
            let BanRequest { target, expires_at, since, .. } = &request;
            ban::check_times(Some(target.kind()), *expires_at, *since, now, &mut violations);
            violations.into_result()?;
        }
        let banned = self.banned(&caller.site, &request.target, now, resent).await?;
        // Several people may have one name behind one address.
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
        // A resend gets its first answer, whatever became of the comment since: it makes no ban.
        let key = key.filter(|_| resent || !too_old).or_else(|| resent.then(Vec::new));
        let key = key.ok_or(Error::BanSubjectUnknown)?;
        Ok(Banned { subject: BanSubject { kind, key }, keyed_by, is_name })
    }

    /// The author of an author key, which may be one from before a change of keys. Nothing tells of one without
    /// comments whose it is.
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

    /// Ends a ban. `false` beside it when it had ended already.
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

    /// A page of bans, newest first: those in force, or all.
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

/// Whether the hash to ban has the salt of its comment's month: a prefix, and the author key of a reader without a device.
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

//! Bans.

use serde::Serialize;

use super::{ItemResult, present, rfc3339};
use crate::names;
use duyet_proto::v1;

#[derive(Debug, Serialize)]
pub(crate) struct Ban {
    id: String,
    subject: Option<&'static str>,
    author: Option<String>,
    effect: Option<&'static str>,
    reason: Option<&'static str>,
    note: String,
    created_by: String,
    created_at: Option<String>,
    expires_at: Option<String>,
    comment_id: Option<String>,
    batch_id: Option<String>,
    revoked_at: Option<String>,
    revoked_by: Option<String>,
}

/// What `ban` did.
#[derive(Debug, Serialize)]
pub(crate) struct Banned {
    pub(crate) ban: Ban,
    /// What was refused or removed along with it.
    pub(crate) results: Vec<ItemResult>,
    /// More matched than one call takes.
    pub(crate) more: bool,
}

/// What `unban` did.
#[derive(Debug, Serialize)]
pub(crate) struct Unbanned {
    pub(crate) ban: Ban,
    pub(crate) changed: bool,
}

/// A page of bans.
#[derive(Debug, Serialize)]
pub(crate) struct Bans {
    pub(crate) bans: Vec<Ban>,
    pub(crate) next_page_token: Option<String>,
}

impl From<v1::Ban> for Ban {
    fn from(ban: v1::Ban) -> Self {
        Self {
            subject: names::subject(ban.subject_kind),
            effect: names::effect(ban.effect),
            reason: names::reason(ban.reason),
            created_at: rfc3339(ban.created_at.as_ref()),
            expires_at: rfc3339(ban.expires_at.as_ref()),
            revoked_at: rfc3339(ban.revoked_at.as_ref()),
            id: ban.id,
            author: present(ban.author),
            note: ban.note,
            created_by: ban.created_by,
            comment_id: present(ban.comment_id),
            batch_id: present(ban.batch_id),
            revoked_by: present(ban.revoked_by),
        }
    }
}

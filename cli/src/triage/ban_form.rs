//! The ban form, in which each key makes one choice.

use chrono::{DateTime, TimeDelta, Utc};

use duyet_proto::v1;

/// A ban that the moderator is filling in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BanForm {
    pub(super) subject: v1::BanSubject,
    pub(super) effect: v1::BanEffect,
    pub(super) days: i64,
    /// Unspecified until the moderator chooses one.
    pub(super) reason: v1::Reason,
    pub(super) note: String,
    pub(super) reject_pending: bool,
    pub(super) remove_published: bool,
}

impl Default for BanForm {
    fn default() -> Self {
        Self {
            subject: v1::BanSubject::Device,
            effect: v1::BanEffect::Block,
            days: 7,
            reason: v1::Reason::Unspecified,
            note: String::new(),
            reject_pending: false,
            remove_published: false,
        }
    }
}

impl BanForm {
    /// Applies the choice of a key. Returns false for the reason, which has a menu of its own.
    pub(super) const fn press(&mut self, key: FormKey) -> bool {
        match key {
            FormKey::Subject(subject) => self.subject = subject,
            FormKey::Effect(effect) => self.effect = effect,
            FormKey::Days(days) => self.days = days,
            FormKey::RejectPending => self.reject_pending = !self.reject_pending,
            FormKey::RemovePublished => self.remove_published = !self.remove_published,
            FormKey::Reason => return false,
        }
        true
    }

    pub(super) fn request(&self, comment: &str, request_id: String, now: DateTime<Utc>) -> v1::CreateBanRequest {
        // The service limits bans of a prefix to 30 days by its own clock, which may be behind ours.
        let expires_at = now + TimeDelta::days(self.days) - TimeDelta::minutes(10);
        v1::CreateBanRequest {
            subject: Some(v1::create_ban_request::Subject::CommentId(comment.to_owned())),
            subject_kind: self.subject.into(),
            effect: self.effect.into(),
            reason: self.reason.into(),
            note: self.note.clone(),
            expires_at: Some(prost_types::Timestamp { seconds: expires_at.timestamp(), nanos: 0 }),
            reject_pending: self.reject_pending,
            remove_published: self.remove_published,
            since: None,
            request_id,
        }
    }
}

/// A choice in the ban form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormKey {
    Subject(v1::BanSubject),
    Effect(v1::BanEffect),
    Days(i64),
    Reason,
    RejectPending,
    RemovePublished,
}

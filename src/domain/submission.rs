//! A submitted comment on its way into the store, and what the store answers.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{
    article::Article,
    ban::{BanEffect, BanKind, BanSubject},
    comment::{Comment, FormText},
    id::{ArticleId, CommentId, SiteId},
    key::KeyMark,
    pseudonym::Pseudonym,
    request::RequestRow,
    site::{Site, SiteRules},
    spam::Finding,
    trust::Record,
};

/// Who sent it, without saying who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Of the signed device token; `None` when the portal sent none that is ours.
    pub device: Option<Pseudonym>,
    /// Of the address.
    pub address: Option<Pseudonym>,
    /// Of the address's /24 or /64.
    pub prefix: Option<Pseudonym>,
    /// What groups an author's comments for moderators: 16 hex digits over the device, else over prefix and
    /// [`super::text::name_key`].
    pub author: String,
    /// The key that all of these are keyed by. `None`: one of the keys that were recorded first.
    pub key: Option<KeyMark>,
}

/// One comment to store, with everything that goes into the same transaction.
#[derive(Debug, Clone)]
pub struct Submission {
    pub site: SiteId,
    /// Already with the status that policy gave it.
    pub comment: Comment,
    pub sender: Sender,
    pub findings: Vec<Finding>,
    pub spam_score: f64,
    /// Over [`FormText::said`]; what a ban on a text is about.
    pub fingerprint: Pseudonym,
    /// Over [`super::spam::skeleton`]; finds campaigns. `None` when the text is too short to tell.
    pub skeleton: Option<Pseudonym>,
    /// [`super::comment::FormText::folded`]; what the queue's search looks through.
    pub folded: String,
    pub article_title: String,
    pub article_url: String,
    /// Fills in [`Article::published_at`] where nobody said it yet.
    pub article_published_at: Option<DateTime<Utc>>,
    /// As they were when the submit began: whether the article is still open is looked at again.
    pub site_rules: SiteRules,
    /// The challenge's nonce, spent by this row. Each submission has one.
    pub nonce: [u8; 16],
    pub request: RequestRow,
}

/// The same words by the same device within this time are one comment, in minutes.
const DUPLICATE_MINUTES: i64 = 10;

/// Returns the time since which a comment may be repeated by one that arrives at `now`.
pub fn duplicates_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::minutes(DUPLICATE_MINUTES)
}

/// What makes two submissions one comment: the same device says exactly the same, under the same name, at the same place. A submission
/// is a duplicate while an earlier one with the same words is public, or waits as far as its reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Words<'a> {
    site: &'a SiteId,
    device: Pseudonym,
    article: &'a ArticleId,
    /// The comment answered, not its root.
    reply_to: Option<CommentId>,
    author_name: &'a str,
    title: &'a str,
    content: &'a str,
}

impl Submission {
    /// Returns what a duplicate is recognised by; `None` without a device, which has no duplicates.
    pub fn words(&self) -> Option<Words<'_>> {
        let Comment { article, reply_to, author_name, title, content, .. } = &self.comment;
        let device = self.sender.device?;
        Some(Words { site: &self.site, device, article, reply_to: *reply_to, author_name, title, content })
    }

    /// Returns the answer that its sender gets once it is stored.
    pub fn answer(&self) -> SubmitAnswer {
        SubmitAnswer { comment: self.comment.id, published_at: self.comment.published_at }
    }
}

/// The first answer to a submit, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitAnswer {
    pub comment: CommentId,
    /// `None` while it waits.
    pub published_at: Option<DateTime<Utc>>,
}

/// What is kept of who sent a comment: for bans and for an admin's look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderTrace {
    pub sender: Sender,
    /// The key of address and prefix, where that is another one than the sender's.
    pub address_key: Option<KeyMark>,
    pub fingerprint: Pseudonym,
    pub created_at: DateTime<Utc>,
}

/// What became of one submission of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// All its rows are durable.
    Stored,
    /// The same request was stored before, or earlier in this batch.
    Known(RequestRow),
    /// It repeats a comment that was stored before, or by another request in this batch: nothing of it is stored, and its challenge
    /// is not spent.
    Duplicate(SubmitAnswer),
    /// The challenge was spent by another request.
    ChallengeUsed,
    /// The article closed meanwhile.
    ArticleClosed(Article),
}

/// What a submit must know before it is judged, read in one go.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmitContext {
    /// The same `request_id`, if it was seen.
    pub request: Option<RequestRow>,
    pub site: Site,
    /// `None` before the first submit.
    pub article: Option<Article>,
    /// The strongest ban in force on any of the subjects, each as far as [`SubmitQuestion::strongest`] lets it.
    pub ban: Option<BanEffect>,
    /// The comment answered, whatever its status; `None` when there is none or it is on another article.
    pub parent: Option<Comment>,
    /// The answer to the newest comment that this one repeats, as [`Words`] says.
    pub duplicate: Option<SubmitAnswer>,
    /// How many comments on the site have the same skeleton since `same_text_since`, by anyone; counted up to 1,000.
    pub same_text: i64,
    /// Authors of those, without the one who asks.
    pub same_text_authors: i64,
    /// Of the device; of none, and of an unknown one, nothing.
    pub record: Record,
}

/// What decides how hard a challenge is, read in one go.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChallengeContext {
    pub site: Site,
    /// Of the device; of an unknown one nothing.
    pub record: Record,
}

/// Asks for a [`ChallengeContext`].
#[derive(Debug, Clone)]
pub struct ChallengeQuestion {
    pub site: SiteId,
    pub device: Pseudonym,
    pub now: DateTime<Utc>,
}

impl SubmitQuestion {
    /// The most that a ban on `subject` does to this submit. An author without a device is a name behind an address,
    /// which several people may have: what they send is held, never denied.
    pub fn strongest(&self, subject: &BanSubject) -> BanEffect {
        let is_name = self.device.is_none() && subject.kind == BanKind::Author;
        if is_name { BanEffect::Hold } else { BanEffect::Block }
    }
}

/// Asks for a [`SubmitContext`].
#[derive(Debug, Clone)]
pub struct SubmitQuestion {
    pub site: SiteId,
    pub request_id: uuid::Uuid,
    pub article: ArticleId,
    pub parent: Option<CommentId>,
    pub device: Option<Pseudonym>,
    pub text: FormText,
    pub fingerprint: Pseudonym,
    /// Without one, the same text is the same fingerprint.
    pub skeleton: Option<Pseudonym>,
    pub author: String,
    /// What a ban may be about: device, prefix, text, author.
    pub subjects: Vec<BanSubject>,
    pub now: DateTime<Utc>,
    pub same_text_since: DateTime<Utc>,
}

//! A submitted comment, as it is passed to the store, and the store's results.

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

/// The pseudonyms of a comment's sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Pseudonym of the device; `None` if the portal sent no valid device token.
    pub device: Option<Pseudonym>,
    /// Pseudonym of the address.
    pub address: Option<Pseudonym>,
    /// Pseudonym of the address's /24 or /64.
    pub prefix: Option<Pseudonym>,
    /// Author key, which groups an author's comments for moderators: 16 hex digits of a hash of the device, or of the
    /// prefix and [`super::text::name_key`] if there is no device.
    pub author: String,
    /// The key that all of these are hashed with. `None` means one of the keys that were recorded first.
    pub key: Option<KeyMark>,
}

/// A comment to store, with everything that is written in the same transaction.
#[derive(Debug, Clone)]
pub struct Submission {
    pub site: SiteId,
    /// The comment with the status that the policy gave it.
    pub comment: Comment,
    pub sender: Sender,
    pub findings: Vec<Finding>,
    pub spam_score: f64,
    /// Hash of [`FormText::said`], by which bans on texts match.
    pub fingerprint: Pseudonym,
    /// Hash of [`super::spam::skeleton`], by which campaigns are detected. `None` if the text is too short.
    pub skeleton: Option<Pseudonym>,
    /// [`super::comment::FormText::folded`], which the queue's search reads.
    pub folded: String,
    pub article_title: String,
    pub article_url: String,
    /// Sets [`Article::published_at`] if it is not set yet.
    pub article_published_at: Option<DateTime<Utc>>,
    /// The rules when the submit began. The store checks again that the article is open.
    pub site_rules: SiteRules,
    /// The article when the submit began, if it existed. While it is unchanged, the submission is stored without a
    /// look-up.
    pub known_article: Option<Article>,
    /// Nonce of the challenge. It is spent in the same transaction, so that a challenge serves one submission only.
    pub nonce: [u8; 16],
    pub request: RequestRow,
}

/// Time in which the same text from the same device is a duplicate, in minutes.
const DUPLICATE_MINUTES: i64 = 10;

/// Computes the time from which stored comments count as originals of a duplicate that arrives at `now`.
pub fn duplicates_since(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::minutes(DUPLICATE_MINUTES)
}

/// The identity of a submission. Two submissions are duplicates if the same device sends exactly the same texts to the
/// same place. A submission is a duplicate only while the earlier comment is public, or is shown to its reader as
/// pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Words<'a> {
    site: &'a SiteId,
    device: Pseudonym,
    article: &'a ArticleId,
    /// The comment that the reader replied to, which need not be the root.
    reply_to: Option<CommentId>,
    author_name: &'a str,
    title: &'a str,
    content: &'a str,
}

impl Submission {
    /// Returns the identity for detecting duplicates, or `None` without a device, because then nothing is a duplicate.
    pub fn words(&self) -> Option<Words<'_>> {
        let Comment { article, reply_to, author_name, title, content, .. } = &self.comment;
        let device = self.sender.device?;
        Some(Words { site: &self.site, device, article, reply_to: *reply_to, author_name, title, content })
    }

    /// Creates the response to the sender after the submission was stored.
    pub fn answer(&self) -> SubmitAnswer {
        SubmitAnswer { comment: self.comment.id, published_at: self.comment.published_at }
    }
}

/// The first response to a submit, as it is stored for replays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitAnswer {
    pub comment: CommentId,
    /// `None` while the comment is pending.
    pub published_at: Option<DateTime<Utc>>,
}

/// The stored data about a comment's sender, for bans and for an admin's inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderTrace {
    pub sender: Sender,
    /// The key that hashed address and prefix, if it differs from the sender's.
    pub address_key: Option<KeyMark>,
    pub fingerprint: Pseudonym,
    pub created_at: DateTime<Utc>,
}

/// The result of one submission in a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// All its rows are durable.
    Stored,
    /// The request is a replay of one that was stored before, or is earlier in this batch.
    Known(RequestRow),
    /// The submission is a duplicate of a stored comment, or of another submission in this batch. Nothing of it is
    /// stored, and its challenge is not spent.
    Duplicate(SubmitAnswer),
    /// Another request spent the challenge.
    ChallengeUsed,
    /// The article closed after the submit began.
    ArticleClosed(Article),
}

/// Everything that a submit needs before it is assessed, read by one call.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmitContext {
    /// The stored request with the same `request_id`, if there is one.
    pub request: Option<RequestRow>,
    pub site: Site,
    /// `None` before the article's first comment.
    pub article: Option<Article>,
    /// The strongest effect of the bans in force on the subjects. [`SubmitQuestion::strongest`] limits each of them.
    pub ban: Option<BanEffect>,
    /// The comment to reply to, with any status; `None` if it does not exist or belongs to another article.
    pub parent: Option<Comment>,
    /// The response to the newest comment that this one duplicates, see [`Words`].
    pub duplicate: Option<SubmitAnswer>,
    /// Number of comments on the site with the same skeleton since `same_text_since`, by any author; counted up to
    /// 1,000.
    pub same_text: i64,
    /// Number of other authors of those comments.
    pub same_text_authors: i64,
    /// The device's record. It is empty without a device and for an unknown one.
    pub record: Record,
}

/// Everything that the level of a challenge depends on, read by one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChallengeContext {
    pub site: Site,
    /// The device's record. It is empty for an unknown device.
    pub record: Record,
}

/// A request for a [`ChallengeContext`].
#[derive(Debug, Clone)]
pub struct ChallengeQuestion {
    pub site: SiteId,
    pub device: Pseudonym,
    pub now: DateTime<Utc>,
}

impl SubmitQuestion {
    /// An author without a device is a name and a prefix, which several people may share. Their comments are therefore
    /// held, never denied.
    pub fn strongest(&self, subject: &BanSubject) -> BanEffect {
        let is_name = self.device.is_none() && subject.kind == BanKind::Author;
        if is_name { BanEffect::Hold } else { BanEffect::Block }
    }
}

/// A request for a [`SubmitContext`].
#[derive(Debug, Clone)]
pub struct SubmitQuestion {
    pub site: SiteId,
    pub request_id: uuid::Uuid,
    pub article: ArticleId,
    pub parent: Option<CommentId>,
    pub device: Option<Pseudonym>,
    pub text: FormText,
    pub fingerprint: Pseudonym,
    /// `None` for a short text, for which comments with the same fingerprint count as the same text.
    pub skeleton: Option<Pseudonym>,
    pub author: String,
    /// The subjects of possible bans: device, prefix, text, author.
    pub subjects: Vec<BanSubject>,
    pub now: DateTime<Utc>,
    pub same_text_since: DateTime<Utc>,
}

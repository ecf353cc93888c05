//! Conversion of rows to domain values, for tables that several statements read.

use chrono::{DateTime, Utc};

use super::{Columns, Fields};
use crate::domain::{
    Result,
    article::Article,
    audit::AuditEntry,
    case::{AuthorHistory, ReviewCase},
    claim::Claim,
    comment::{Attention, Comment, Takedown},
    public_comment::{Appearance, PublicComment},
    request::RequestRow,
    site::{Lockdown, Site},
};

/// The columns of a comment, without those that only the spam score and the search need.
pub(in crate::store) const COMMENT: Columns = Columns::new(&[
    "comment_id",
    "article_id",
    "parent_id",
    "reply_to",
    "author_name",
    "title",
    "content",
    "status",
    "revision",
    "created_at",
    "published_at",
    "reviewed_at",
    "reply_count",
    "flagged_at",
    "reports",
    "open_reports",
    "takedown_kind",
    "due_at",
]);

/// The columns of a comment that readers see.
pub(in crate::store) const PUBLIC_COMMENT: Columns = Columns::new(&[
    "comment_id",
    "parent_id",
    "reply_to",
    "author_name",
    "title",
    "content",
    "status",
    "revision",
    "created_at",
    "published_at",
    "reply_count",
]);

/// The columns of a case besides those of its comment `c`, for statements that join [`CASE_JOINS`].
pub(in crate::store) const CASE: Columns = Columns::new(&["author", "findings", "spam_score"]).with(&[
    ("article_title", "a.title"),
    ("article_url", "a.url"),
    ("moderator", "k.moderator"),
    ("claimed_until", "k.expires_at"),
]);

/// Joins the article and the claim of a comment `c`.
pub(in crate::store) const CASE_JOINS: &str =
    " left join articles a on a.site_id = c.site_id and a.article_id = c.article_id
    left join claims k on k.site_id = c.site_id and k.comment_id = c.comment_id";

pub(in crate::store) const ARTICLE: Columns = Columns::new(&[
    "article_id",
    "title",
    "url",
    "mode",
    "close_at",
    "revision",
    "public_count",
    "published_at",
    "created_at",
]);

pub(in crate::store) const SITE: Columns = Columns::new(&[
    "revision",
    "mode",
    "auto_close_days",
    "report_threshold",
    "lockdown_until",
    "lockdown_note",
    "lockdown_by",
    "lockdown_harder_challenges",
]);

/// The columns of an audit entry. Notes are in rows of their own, where an erasure can delete them. Entries that a
/// replica of an earlier version writes contain their note.
pub(in crate::store) const AUDIT_ENTRY: Columns = Columns::new(&[
    "audit_id",
    "at",
    "actor",
    "action",
    "comment_id",
    "article_id",
    "from_status",
    "to_status",
    "revision",
    "reason",
    "request_id",
    "batch_id",
    "reverts",
    "ban_id",
    "before",
])
.with(&[(
    "note",
    "coalesce((select n.note from audit_notes n where n.site_id = @.site_id and n.audit_id = @.audit_id), @.note)",
)]);

/// Reads [`COMMENT`].
pub(in crate::store) fn comment(row: Fields<'_>) -> Result<Comment> {
    let (kind, due_at) = (row.maybe_named("takedown_kind")?, row.get::<Option<DateTime<Utc>>>("due_at")?);
    Ok(Comment {
        id: row.get("comment_id")?,
        article: row.get("article_id")?,
        parent: row.get("parent_id")?,
        reply_to: row.get("reply_to")?,
        author_name: row.get("author_name")?,
        title: row.get("title")?,
        content: row.get("content")?,
        status: row.named("status")?,
        revision: row.get("revision")?,
        created_at: row.get("created_at")?,
        published_at: row.get("published_at")?,
        reviewed_at: row.get("reviewed_at")?,
        reply_count: row.get("reply_count")?,
        attention: Attention {
            flagged_at: row.get("flagged_at")?,
            reports: row.get("reports")?,
            open_reports: row.get("open_reports")?,
            takedown: kind.zip(due_at).map(|(kind, due_at)| Takedown { kind, due_at }),
        },
    })
}

/// Reads [`PUBLIC_COMMENT`]. A tombstone gets no texts.
pub(in crate::store) fn public_comment(row: Fields<'_>) -> Result<PublicComment> {
    let (published_at, reply_count) = (row.get::<Option<DateTime<Utc>>>("published_at")?, row.get("reply_count")?);
    let appearance = Appearance::of(row.named("status")?, published_at.is_some(), reply_count);
    let text = |name| if appearance == Appearance::Tombstone { Ok(String::new()) } else { row.get(name) };
    Ok(PublicComment {
        id: row.get("comment_id")?,
        parent: row.get("parent_id")?,
        reply_to: row.get("reply_to")?,
        author_name: text("author_name")?,
        title: text("title")?,
        content: text("content")?,
        appearance,
        revision: row.get("revision")?,
        created_at: row.get("created_at")?,
        published_at,
        reply_count,
    })
}

/// Reads [`CASE`]. Returns the case of the comment as it is in lists, with the claim in force at `now`.
pub(in crate::store) fn case(comment: Comment, row: Fields<'_>, now: DateTime<Utc>) -> Result<ReviewCase> {
    let (moderator, until) =
        (row.get::<Option<String>>("moderator")?, row.get::<Option<DateTime<Utc>>>("claimed_until")?);
    let claim = moderator.zip(until).map(|(moderator, expires_at)| Claim { moderator, expires_at });
    Ok(ReviewCase {
        comment,
        findings: row.json("findings")?,
        spam_score: row.get("spam_score")?,
        history: AuthorHistory { author: row.get("author")?, ..AuthorHistory::default() },
        article_title: row.get("article_title")?,
        article_url: row.get("article_url")?,
        claim: claim.filter(|claim| now < claim.expires_at),
        details: None,
    })
}

/// Reads [`ARTICLE`].
pub(in crate::store) fn article(row: Fields<'_>) -> Result<Article> {
    Ok(Article {
        id: row.get("article_id")?,
        title: row.get("title")?,
        url: row.get("url")?,
        mode: row.maybe_named("mode")?,
        close_at: row.get("close_at")?,
        revision: row.get("revision")?,
        public_count: row.get("public_count")?,
        published_at: row.get("published_at")?,
        created_at: row.get("created_at")?,
    })
}

/// Reads [`SITE`] from an outer join. A site without a row has the defaults.
pub(in crate::store) fn site(row: Option<Fields<'_>>) -> Result<Site> {
    let Some(row) = row else { return Ok(Site::default()) };
    Ok(Site {
        revision: row.get("revision")?,
        mode: row.maybe_named("mode")?,
        auto_close_days: row.get("auto_close_days")?,
        report_threshold: row.get("report_threshold")?,
        lockdown: lockdown(row)?,
    })
}

fn lockdown(row: Fields<'_>) -> Result<Option<Lockdown>> {
    let Some(until) = row.get("lockdown_until")? else { return Ok(None) };
    Ok(Some(Lockdown {
        until,
        note: row.get("lockdown_note")?,
        called_by: row.get("lockdown_by")?,
        harder_challenges: row.get("lockdown_harder_challenges")?,
    }))
}

/// The columns of a stored request.
pub(in crate::store) const REQUEST: Columns = Columns::new(&["request_id", "payload_hash", "response"]);

/// Reads [`REQUEST`].
pub(in crate::store) fn request(row: Fields<'_>) -> Result<RequestRow> {
    Ok(RequestRow {
        id: row.get("request_id")?,
        payload_hash: row.get("payload_hash")?,
        earlier_hashes: Vec::new(),
        response: row.get("response")?,
    })
}

/// Reads [`AUDIT_ENTRY`].
pub(in crate::store) fn audit_entry(row: Fields<'_>) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get("audit_id")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        action: row.named("action")?,
        comment: row.get("comment_id")?,
        article: row.get("article_id")?,
        from_status: row.maybe_named("from_status")?,
        to_status: row.maybe_named("to_status")?,
        revision: row.get("revision")?,
        reason: row.maybe_named("reason")?,
        note: row.get("note")?,
        request_id: row.get("request_id")?,
        batch: row.get("batch_id")?,
        reverts: row.get("reverts")?,
        ban: row.get("ban_id")?,
        before: row.maybe_json("before")?,
    })
}

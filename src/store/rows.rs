//! Conversion of rows to domain values, for both databases. Each function takes the columns in the order of
//! `columns.rs`.

use super::parse;
pub(super) use super::reader::{Read, RowReader};
use crate::domain::{
    Result,
    article::Article,
    comment::{Attention, Comment, Takedown},
    id::CommentId,
    request::RequestRow,
    site::{Lockdown, Site},
    submission::{ChallengeContext, SubmitAnswer, SubmitContext},
    trust::Record,
};

const COMMENT_COLUMNS: usize = 18;
const ARTICLE_COLUMNS: usize = 9;
const REQUEST_COLUMNS: usize = 3;
const SITE_COLUMNS: usize = 8;
const DUPLICATE_COLUMNS: usize = 2;

/// Reads the columns of `comment_columns!`.
pub(super) fn comment(columns: &mut impl Read) -> Result<Comment> {
    Ok(Comment {
        id: CommentId(columns.uuid()?),
        article: parse::article_id(columns.word()?)?,
        parent: columns.maybe_uuid()?.map(CommentId),
        reply_to: columns.maybe_uuid()?.map(CommentId),
        author_name: columns.text()?,
        title: columns.text()?,
        content: columns.text()?,
        status: parse::named(columns.word()?)?,
        revision: columns.long()?,
        created_at: columns.time()?,
        published_at: columns.maybe_time()?,
        reviewed_at: columns.maybe_time()?,
        reply_count: columns.int()?,
        attention: Attention {
            flagged_at: columns.maybe_time()?,
            reports: columns.int()?,
            open_reports: columns.int()?,
            takedown: takedown(columns)?,
        },
    })
}

/// Reads the last two columns of `comment_columns!`.
fn takedown(columns: &mut impl Read) -> Result<Option<Takedown>> {
    let kind = parse::maybe_named(columns.maybe_text()?.as_deref())?;
    let due_at = columns.maybe_time()?;
    Ok(kind.zip(due_at).map(|(kind, due_at)| Takedown { kind, due_at }))
}

/// Reads the columns of `comment_columns!` from an outer join.
pub(super) fn maybe_comment(columns: &mut impl Read) -> Result<Option<Comment>> {
    columns.joined(COMMENT_COLUMNS, comment)
}

/// Reads the columns of `article_columns!`.
pub(super) fn article(columns: &mut impl Read) -> Result<Article> {
    Ok(Article {
        id: parse::article_id(columns.word()?)?,
        title: columns.text()?,
        url: columns.text()?,
        mode: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        close_at: columns.maybe_time()?,
        revision: columns.long()?,
        public_count: columns.long()?,
        published_at: columns.maybe_time()?,
        created_at: columns.time()?,
    })
}

/// Reads the columns of `article_columns!` from an outer join.
pub(super) fn maybe_article(columns: &mut impl Read) -> Result<Option<Article>> {
    columns.joined(ARTICLE_COLUMNS, article)
}

/// Reads the columns of `site_columns!` from an outer join. A site without a row has the defaults.
pub(super) fn site(columns: &mut impl Read) -> Result<Site> {
    let found = columns.joined(SITE_COLUMNS, |columns| {
        Ok(Site {
            revision: columns.long()?,
            mode: parse::maybe_named(columns.maybe_text()?.as_deref())?,
            auto_close_days: columns.int()?,
            report_threshold: columns.int()?,
            lockdown: lockdown(columns)?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Reads the last four columns of `site_columns!`.
fn lockdown(columns: &mut impl Read) -> Result<Option<Lockdown>> {
    let until = columns.maybe_time()?;
    let (note, called_by) = (columns.text()?, columns.text()?);
    let harder_challenges = columns.flag()?;
    Ok(until.map(|until| Lockdown { until, note, called_by, harder_challenges }))
}

/// Reads the columns of `record_columns!`.
pub(super) fn record(columns: &mut impl Read) -> Result<Record> {
    Ok(Record { approved: columns.long()?, rejected: columns.long()?, worst_score: columns.real()? })
}

/// Reads the columns `request_id, payload_hash, response`.
pub(super) fn request(columns: &mut impl Read) -> Result<RequestRow> {
    Ok(RequestRow {
        id: columns.uuid()?,
        payload_hash: columns.bytes()?,
        earlier_hashes: Vec::new(),
        response: columns.text()?,
    })
}

/// Reads the columns of a request from an outer join.
pub(super) fn maybe_request(columns: &mut impl Read) -> Result<Option<RequestRow>> {
    columns.joined(REQUEST_COLUMNS, request)
}

/// Reads the columns of `duplicate_columns!` from an outer join.
pub(super) fn maybe_duplicate(columns: &mut impl Read) -> Result<Option<SubmitAnswer>> {
    columns.joined(DUPLICATE_COLUMNS, duplicate)
}

/// Reads the columns of `duplicate_columns!`.
pub(super) fn duplicate(columns: &mut impl Read) -> Result<SubmitAnswer> {
    Ok(SubmitAnswer { comment: CommentId(columns.uuid()?), published_at: columns.maybe_time()? })
}

/// Reads the context of a submission: the stored request, article, parent, duplicate and site, the number of comments
/// with the same text and the number of their other authors, the effect of the bans that apply, and the device's
/// record.
pub(super) fn submit_context(columns: &mut impl Read) -> Result<SubmitContext> {
    Ok(SubmitContext {
        request: maybe_request(columns)?,
        article: maybe_article(columns)?,
        parent: maybe_comment(columns)?,
        duplicate: maybe_duplicate(columns)?,
        site: site(columns)?,
        same_text: columns.long()?,
        same_text_authors: columns.long()?,
        ban: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        record: record(columns)?,
    })
}

/// Reads the columns of `record_columns!`, and those of `site_columns!` from an outer join.
pub(super) fn challenge_context(columns: &mut impl Read) -> Result<ChallengeContext> {
    Ok(ChallengeContext { record: record(columns)?, site: site(columns)? })
}

//! Rows into domain values, once for both databases: readers take the columns in the order of `columns.rs`.

use chrono::{DateTime, Utc};
use sqlx::{Postgres, Row as _, Sqlite, postgres::PgRow, sqlite::SqliteRow};
use uuid::Uuid;

use super::parse;
use crate::domain::{
    Error, Result,
    access::AccessToken,
    article::Article,
    audit::AuditEntry,
    case::{AuthorHistory, Case},
    claim::Claim,
    comment::{Attention, Comment, Takedown},
    id::CommentId,
    request::RequestRow,
    site::{Lockdown, Site},
    standing::Record,
    submission::{ChallengeContext, SubmitContext},
};

const COMMENT_COLUMNS: usize = 18;
const ARTICLE_COLUMNS: usize = 9;
const REQUEST_COLUMNS: usize = 3;
const SITE_COLUMNS: usize = 8;

/// Takes the columns of a row from left to right.
pub(super) struct Reader<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R> Reader<'r, R> {
    pub(super) const fn new(row: &'r R) -> Self {
        Self { row, next: 0 }
    }
}

/// The column types of the schema.
pub(super) trait Read {
    fn text(&mut self) -> Result<String>;
    fn maybe_text(&mut self) -> Result<Option<String>>;
    fn uuid(&mut self) -> Result<Uuid>;
    fn maybe_uuid(&mut self) -> Result<Option<Uuid>>;
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]>;
    fn long(&mut self) -> Result<i64>;
    fn int(&mut self) -> Result<i32>;
    fn real(&mut self) -> Result<f64>;
    fn flag(&mut self) -> Result<bool>;
    fn json<T: serde::de::DeserializeOwned + 'static>(&mut self) -> Result<T>;
    fn maybe_json<T: serde::de::DeserializeOwned + 'static>(&mut self) -> Result<Option<T>>;
    fn time(&mut self) -> Result<DateTime<Utc>>;
    fn maybe_time(&mut self) -> Result<Option<DateTime<Utc>>>;
    /// Reads a group of columns by `read`, or steps over `columns` of them when the first is null: a join without a partner.
    fn joined<T>(&mut self, columns: usize, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>>;
}

macro_rules! readers {
    ($row:ty, $database:ty, $time:ty, $convert:expr) => {
        impl<'r> Reader<'r, $row> {
            fn take<T: sqlx::Decode<'r, $database> + sqlx::Type<$database>>(&mut self) -> Result<T> {
                let value = self.row.try_get(self.next)?;
                self.next += 1;
                Ok(value)
            }
        }

        impl Read for Reader<'_, $row> {
            fn text(&mut self) -> Result<String> {
                self.take()
            }
            fn maybe_text(&mut self) -> Result<Option<String>> {
                self.take()
            }
            fn uuid(&mut self) -> Result<Uuid> {
                self.take()
            }
            fn maybe_uuid(&mut self) -> Result<Option<Uuid>> {
                self.take()
            }
            fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
                parse::bytes(self.take::<&[u8]>()?)
            }
            fn long(&mut self) -> Result<i64> {
                self.take()
            }
            fn int(&mut self) -> Result<i32> {
                self.take()
            }
            fn real(&mut self) -> Result<f64> {
                self.take()
            }
            fn flag(&mut self) -> Result<bool> {
                self.take()
            }
            fn json<T: serde::de::DeserializeOwned + 'static>(&mut self) -> Result<T> {
                self.take::<sqlx::types::Json<T>>().map(|json| json.0)
            }
            fn maybe_json<T: serde::de::DeserializeOwned + 'static>(&mut self) -> Result<Option<T>> {
                self.take::<Option<sqlx::types::Json<T>>>().map(|json| json.map(|json| json.0))
            }
            fn time(&mut self) -> Result<DateTime<Utc>> {
                let time = self.take::<$time>()?;
                $convert(time)
            }
            fn maybe_time(&mut self) -> Result<Option<DateTime<Utc>>> {
                self.take::<Option<$time>>()?.map($convert).transpose()
            }
            fn joined<T>(&mut self, columns: usize, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
                use sqlx::ValueRef as _;
                if self.row.try_get_raw(self.next)?.is_null() {
                    self.next += columns;
                    return Ok(None);
                }
                read(self).map(Some)
            }
        }
    };
}

readers!(PgRow, Postgres, DateTime<Utc>, Ok);
readers!(SqliteRow, Sqlite, i64, from_micros);

fn from_micros(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::internal(format!("{micros} is no time")))
}

/// Of `comment_columns!`.
pub(super) fn comment(columns: &mut impl Read) -> Result<Comment> {
    Ok(Comment {
        id: CommentId(columns.uuid()?),
        article: parse::article_id(&columns.text()?)?,
        parent: columns.maybe_uuid()?.map(CommentId),
        reply_to: columns.maybe_uuid()?.map(CommentId),
        author_name: columns.text()?,
        title: columns.text()?,
        content: columns.text()?,
        status: parse::named(&columns.text()?)?,
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

/// The last two of `comment_columns!`.
fn takedown(columns: &mut impl Read) -> Result<Option<Takedown>> {
    let kind = parse::maybe_named(columns.maybe_text()?.as_deref())?;
    let due_at = columns.maybe_time()?;
    Ok(kind.zip(due_at).map(|(kind, due_at)| Takedown { kind, due_at }))
}

/// Of an outer join's `comment_columns!`.
pub(super) fn maybe_comment(columns: &mut impl Read) -> Result<Option<Comment>> {
    columns.joined(COMMENT_COLUMNS, comment)
}

/// Of `case_columns!`: a case as lists show it, with the claim in force at `now`.
pub(super) fn case(columns: &mut impl Read, now: DateTime<Utc>) -> Result<Case> {
    Ok(Case {
        comment: comment(columns)?,
        findings: columns.json()?,
        spam_score: columns.real()?,
        history: AuthorHistory { author: columns.text()?, ..AuthorHistory::default() },
        article_title: columns.text()?,
        article_url: columns.text()?,
        claim: claim(columns)?.filter(|claim| now < claim.expires_at),
        details: None,
    })
}

/// The last two of `case_columns!`.
fn claim(columns: &mut impl Read) -> Result<Option<Claim>> {
    let moderator = columns.maybe_text()?;
    let expires_at = columns.maybe_time()?;
    Ok(moderator.zip(expires_at).map(|(moderator, expires_at)| Claim { moderator, expires_at }))
}

/// Of `article_columns!`.
pub(super) fn article(columns: &mut impl Read) -> Result<Article> {
    Ok(Article {
        id: parse::article_id(&columns.text()?)?,
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

/// Of an outer join's `article_columns!`.
pub(super) fn maybe_article(columns: &mut impl Read) -> Result<Option<Article>> {
    columns.joined(ARTICLE_COLUMNS, article)
}

/// Of an outer join's `site_columns!`: a site without a row has the defaults.
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

/// The last four of `site_columns!`.
fn lockdown(columns: &mut impl Read) -> Result<Option<Lockdown>> {
    let until = columns.maybe_time()?;
    let (note, called_by) = (columns.text()?, columns.text()?);
    let harder_challenges = columns.flag()?;
    Ok(until.map(|until| Lockdown { until, note, called_by, harder_challenges }))
}

/// Of `record_columns!`.
pub(super) fn record(columns: &mut impl Read) -> Result<Record> {
    Ok(Record { approved: columns.long()?, refused: columns.long()?, worst_score: columns.real()? })
}

/// Of `request_id, payload_hash, response`.
pub(super) fn request(columns: &mut impl Read) -> Result<RequestRow> {
    Ok(RequestRow { id: columns.uuid()?, payload_hash: columns.bytes()?, response: columns.text()? })
}

/// Of an outer join's request columns.
pub(super) fn maybe_request(columns: &mut impl Read) -> Result<Option<RequestRow>> {
    columns.joined(REQUEST_COLUMNS, request)
}

/// Of a submit's request, article, parent, duplicate, site, same texts with their authors, ban and record.
pub(super) fn submit_context(columns: &mut impl Read) -> Result<SubmitContext> {
    Ok(SubmitContext {
        request: maybe_request(columns)?,
        article: maybe_article(columns)?,
        parent: maybe_comment(columns)?,
        duplicate: maybe_comment(columns)?,
        site: site(columns)?,
        same_text: columns.long()?,
        same_text_authors: columns.long()?,
        ban: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        record: record(columns)?,
    })
}

/// Of `record_columns!` and an outer join's `site_columns!`.
pub(super) fn challenge_context(columns: &mut impl Read) -> Result<ChallengeContext> {
    Ok(ChallengeContext { record: record(columns)?, site: site(columns)? })
}

/// Of `audit_columns!`.
pub(super) fn audit_entry(columns: &mut impl Read) -> Result<AuditEntry> {
    Ok(AuditEntry {
        id: columns.uuid()?,
        at: columns.time()?,
        actor: columns.text()?,
        action: parse::named(&columns.text()?)?,
        comment: columns.maybe_uuid()?.map(CommentId),
        article: columns.maybe_text()?.as_deref().map(parse::article_id).transpose()?,
        from_status: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        to_status: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        revision: columns.long()?,
        reason: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        note: columns.text()?,
        request_id: columns.maybe_uuid()?,
        batch: columns.maybe_uuid()?,
        reverts: columns.maybe_uuid()?,
        ban: columns.maybe_uuid()?,
        before: columns.maybe_json()?,
    })
}

/// Of `token_columns!`.
pub(super) fn token(columns: &mut impl Read) -> Result<AccessToken> {
    Ok(AccessToken {
        id: columns.uuid()?,
        site: parse::site(&columns.text()?)?,
        name: columns.text()?,
        role: parse::named(&columns.text()?)?,
        secret_hash: columns.bytes()?,
        created_at: columns.time()?,
        expires_at: columns.maybe_time()?,
        revoked_at: columns.maybe_time()?,
    })
}

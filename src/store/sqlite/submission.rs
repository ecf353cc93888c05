//! Submitted comments.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{SqliteConnection, types::Json};

use uuid::Uuid;

use super::{SqliteStore, context, decision, micros, request};
use crate::{
    domain::{
        Result,
        article::Article,
        comment::Comment,
        id::SiteId,
        request::RequestRow,
        submission::{
            ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitAnswer, SubmitContext, SubmitQuestion,
            duplicates_since,
        },
    },
    store::{
        contract::SubmissionStore,
        outcome,
        rows::{self, Read as _, RowReader},
    },
};

#[async_trait]
impl SubmissionStore for SqliteStore {
    async fn submit_contexts(&self, questions: &[SubmitQuestion]) -> Result<Vec<SubmitContext>> {
        context::submits(&self.read, questions).await
    }

    async fn challenge_contexts(&self, questions: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>> {
        context::challenges(&self.read, questions).await
    }

    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>> {
        in_transaction!(self, tx => insert_all(&mut tx, submissions).await?)
    }

    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        in_transaction!(self, tx => request::spend_nonce(&mut tx, site, nonce, request, at).await?)
    }

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>> {
        request::find(&self.read, site, id).await
    }
}

const LOOK: &str = concat!(
    "select r.request_id, r.payload_hash, r.response, n.nonce is not null, ",
    article_columns!("a"),
    ", ",
    duplicate_columns!(),
    " from (
        select key as position, value ->> 'site_id' as site_id, unhex(value ->> 'request_id') as request_id,
            unhex(value ->> 'nonce') as nonce, value ->> 'article_id' as article_id, unhex(value ->> 'parent_id') as parent_id,
            unhex(value ->> 'device') as device, value ->> 'author_name' as author_name, value ->> 'title' as title,
            value ->> 'content' as content, value ->> 'duplicates_since' as duplicates_since
        from json_each($1)
    ) q
    left join requests r on r.site_id = q.site_id and r.request_id = q.request_id
    left join captcha_nonces n on n.site_id = q.site_id and n.nonce = q.nonce
    left join articles a on a.site_id = q.site_id and a.article_id = q.article_id
    left join comments d on d.site_id = q.site_id and d.comment_id = ",
    duplicate_of_its_device!(),
    " order by q.position"
);

/// What a submission finds stored.
struct Before {
    known: Option<RequestRow>,
    spent: bool,
    article: Option<Article>,
    duplicate: Option<SubmitAnswer>,
}

/// What is asked about a submission, with the names of [`LOOK`].
#[derive(Serialize)]
struct Question<'a> {
    site_id: &'a str,
    request_id: String,
    nonce: String,
    article_id: &'a str,
    parent_id: Option<String>,
    device: Option<String>,
    author_name: &'a str,
    title: &'a str,
    content: &'a str,
    duplicates_since: i64,
}

impl<'a> Question<'a> {
    fn about(one: &'a Submission) -> Self {
        let Comment { article, reply_to, author_name, title, content, created_at, .. } = &one.comment;
        Self {
            site_id: one.site.as_str(),
            request_id: hex::encode(one.request.id.as_bytes()),
            nonce: hex::encode(one.nonce),
            article_id: article.as_str(),
            parent_id: reply_to.map(|id| hex::encode(id.0.as_bytes())),
            device: one.sender.device.map(hex::encode),
            author_name,
            title,
            content,
            duplicates_since: micros(duplicates_since(*created_at)),
        }
    }
}

/// Of a whole batch in one statement, in its order: each statement is a trip to the connection's thread.
async fn look(tx: &mut SqliteConnection, submissions: &[Submission]) -> Result<Vec<Before>> {
    let asked: Vec<_> = submissions.iter().map(Question::about).collect();
    let rows = sqlx::query(LOOK).bind(Json(asked)).fetch_all(tx).await?;
    let before = |row| {
        let mut columns = RowReader::new(row);
        let (known, spent) = (rows::maybe_request(&mut columns)?, columns.flag()?);
        let article = rows::maybe_article(&mut columns)?;
        Ok(Before { known, spent, article, duplicate: rows::maybe_duplicate(&mut columns)? })
    };
    rows.iter().map(before).collect()
}

/// Stores submissions, or says why not, as if they came one after the other. The caller's transaction holds the write lock.
pub(super) async fn insert_all(tx: &mut SqliteConnection, submissions: &[Submission]) -> Result<Vec<Inserted>> {
    let (mut requests, mut nonces, mut said) = (HashMap::new(), HashSet::new(), HashMap::new());
    let mut answers = Vec::with_capacity(submissions.len());
    for (submission, before) in submissions.iter().zip(look(tx, submissions).await?) {
        let Submission { site, comment, request, nonce, .. } = submission;
        let twin = requests.get(&(site, request.id)).map(|first: &&RequestRow| (*first).clone());
        let words = submission.words();
        let repeated = words.and_then(|words| said.get(&words).cloned());
        answers.push(if let Some(known) = before.known.or(twin) {
            Inserted::Known(known)
        } else if let Some(closed) = outcome::closed_article(submission, before.article.as_ref()) {
            Inserted::ArticleClosed(closed)
        } else if let Some(duplicate) = before.duplicate.or(repeated) {
            Inserted::Duplicate(duplicate)
        } else if before.spent || !nonces.insert((site, nonce)) {
            Inserted::ChallengeUsed
        } else {
            write(tx, submission).await?;
            decision::count(tx, site.as_str(), comment, i32::from(comment.status.is_public())).await?;
            requests.insert((site, request.id), request);
            said.extend(words.map(|words| (words, submission.answer())));
            Inserted::Stored
        });
    }
    Ok(answers)
}

/// All rows of a submission in one go.
const STORE: &str = "
    insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
    values ($1, $5, $6, $7, $2, $4);
    insert into captcha_nonces (site_id, nonce, spent_by, spent_at) values ($1, $8, $2, $4);
    insert into articles (site_id, article_id, title, url, mode, close_at, revision, public_count, created_at, published_at)
    values ($1, $3, $9, $10, null, null, 1, 0, $4, $30)
    on conflict (site_id, article_id) do update set
        title = iif(excluded.title = '', title, excluded.title), url = iif(excluded.url = '', url, excluded.url),
        published_at = coalesce(published_at, excluded.published_at)
        where excluded.title not in ('', title) or excluded.url not in ('', url)
            or (published_at is null and excluded.published_at is not null);
    insert into comments (site_id, comment_id, article_id, created_at, parent_id, reply_to, author_name, title, content,
        status, revision, published_at, reviewed_at, reply_count, device, address, prefix, author, fingerprint, folded,
        findings, spam_score, flagged_at, skeleton, key_mark)
    values ($1, $2, $3, $4, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $31);
    insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $2, 'COMMENT_SUBMITTED', $2, $3, $4)";

async fn write(tx: &mut SqliteConnection, submission: &Submission) -> Result<()> {
    let Submission { comment, sender, request, .. } = submission;
    sqlx::query(STORE)
        .bind(submission.site.as_str())
        .bind(comment.id.0)
        .bind(comment.article.as_str())
        .bind(micros(comment.created_at))
        .bind(request.id)
        .bind(&request.payload_hash[..])
        .bind(&request.response)
        .bind(&submission.nonce[..])
        .bind(&submission.article_title)
        .bind(&submission.article_url)
        .bind(comment.parent.map(|id| id.0))
        .bind(comment.reply_to.map(|id| id.0))
        .bind(&comment.author_name)
        .bind(&comment.title)
        .bind(&comment.content)
        .bind(comment.status.as_str())
        .bind(comment.revision)
        .bind(comment.published_at.map(micros))
        .bind(comment.reviewed_at.map(micros))
        .bind(sender.device.map(|device| device.to_vec()))
        .bind(sender.address.map(|address| address.to_vec()))
        .bind(sender.prefix.map(|prefix| prefix.to_vec()))
        .bind(&sender.author)
        .bind(&submission.fingerprint[..])
        .bind(&submission.folded)
        .bind(Json(&submission.findings))
        .bind(submission.spam_score)
        .bind(comment.attention.flagged_at.map(micros))
        .bind(submission.skeleton.map(|hash| hash.to_vec()))
        .bind(submission.article_published_at.map(micros))
        .bind(sender.key.map(|key| key.0))
        .execute(tx)
        .await?;
    Ok(())
}

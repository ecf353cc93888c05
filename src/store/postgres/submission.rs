//! Submitted comments: what is known before, and the order in which a batch is stored.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, postgres::PgBindIterExt as _};

use uuid::Uuid;

use super::{PostgresStore, admission, insert, request};
use crate::{
    domain::{
        Result,
        article::Article,
        id::{ArticleId, SiteId},
        request::RequestRow,
        standing::Record,
        submission::{ChallengeContext, Inserted, Pseudonym, Submission, SubmitContext, SubmitQuestion},
    },
    store::{
        contract::SubmissionStore,
        outcome, parse,
        rows::{self, Read as _, Reader},
    },
};

#[async_trait]
impl SubmissionStore for PostgresStore {
    async fn submit_context(&self, question: &SubmitQuestion<'_>) -> Result<SubmitContext> {
        let _turn = self.portals_turn().await?;
        context(&self.pool, question).await
    }

    async fn challenge_context(
        &self,
        site: &SiteId,
        device: Option<Pseudonym>,
        now: DateTime<Utc>,
    ) -> Result<ChallengeContext> {
        let _turn = self.portals_turn().await?;
        let row = sqlx::query(CHALLENGE_CONTEXT)
            .bind(site.as_str())
            .bind(device)
            .bind(Record::since(now))
            .bind(Record::suspected_since(now))
            .fetch_one(&self.pool)
            .await?;
        let mut columns = Reader::new(&row);
        Ok(ChallengeContext { record: rows::record(&mut columns)?, site: rows::site(&mut columns)? })
    }

    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>> {
        let _turn = self.portals_turn().await?;
        in_transaction!(self, tx => insert_all(&mut tx, submissions).await?)
    }

    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let _turn = self.portals_turn().await?;
        retrying!(request::try_spend(self, site, nonce, request, at).await)
    }

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>> {
        let _turn = self.portals_turn().await?;
        request::find(&self.pool, site, id).await
    }
}

const CONTEXT: &str = concat!(
    "select r.request_id, r.payload_hash, r.response, ",
    article_columns!("a"),
    ", ",
    comment_columns!("p"),
    ", ",
    comment_columns!("d"),
    ", ",
    site_columns!("t"),
    ", same.comments, same.authors,
        -- BLOCK sorts before HOLD, and wins
        (select min(b.effect) from unnest($9::text[], $10::bytea[]) i (subject_kind, subject)
            join bans b using (subject_kind, subject)
            where b.site_id = $1 and b.revoked_at is null and b.expires_at > $11)
, ",
    record_columns!("k"),
    "
    from ",
    record_of_device!("k", "$5", "$12", "$13"),
    "
    cross join lateral (
        select count(*) comments, count(distinct n.author) filter (where n.author <> $15) authors from (
            select s.author from comments s where s.site_id = $1 and coalesce(s.skeleton, s.fingerprint) = $14 and s.created_at >= $8
            order by s.created_at desc limit 1000) n) same
    left join sites t on t.site_id = $1
    left join requests r on r.site_id = $1 and r.request_id = $2
    left join articles a on a.site_id = $1 and a.article_id = $3
    left join comments p on p.site_id = $1 and p.comment_id = $4 and p.article_id = $3
    left join lateral (
        select * from comments o
        where o.site_id = $1 and o.fingerprint = $6 and o.created_at >= $7 and o.device = $5 and o.article_id = $3
        order by o.created_at desc, o.comment_id desc limit 1) d on true"
);

const CHALLENGE_CONTEXT: &str = concat!(
    "select ",
    record_columns!("k"),
    ", ",
    site_columns!("t"),
    " from ",
    record_of_device!("k", "$2", "$3", "$4"),
    " left join sites t on t.site_id = $1"
);

pub(super) async fn context(pool: &PgPool, question: &SubmitQuestion<'_>) -> Result<SubmitContext> {
    let row = sqlx::query(CONTEXT)
        .bind(question.site.as_str())
        .bind(question.request_id)
        .bind(question.article.as_str())
        .bind(question.parent.map(|id| id.0))
        .bind(question.device)
        .bind(question.fingerprint)
        .bind(question.duplicates_since)
        .bind(question.same_text_since)
        .bind(question.subjects.iter().map(|subject| subject.kind.as_str()).bind_iter())
        .bind(question.subjects.iter().map(|subject| subject.key.as_slice()).bind_iter())
        .bind(question.now)
        .bind(Record::since(question.now))
        .bind(Record::suspected_since(question.now))
        .bind(question.skeleton.unwrap_or(question.fingerprint))
        .bind(question.author)
        .fetch_one(pool)
        .await?;
    let mut columns = Reader::new(&row);
    Ok(SubmitContext {
        request: rows::maybe_request(&mut columns)?,
        article: rows::maybe_article(&mut columns)?,
        parent: rows::maybe_comment(&mut columns)?,
        duplicate: rows::maybe_comment(&mut columns)?,
        site: rows::site(&mut columns)?,
        same_text: columns.long()?,
        same_text_authors: columns.long()?,
        ban: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        record: rows::record(&mut columns)?,
    })
}

/// The articles known of a batch.
pub(super) type Articles = BTreeMap<(SiteId, ArticleId), Article>;

/// Stores a batch in the caller's transaction. Locks are taken in one order by everybody: requests, nonces, new articles,
/// parents, articles, and each of them sorted.
pub(super) async fn insert_all(tx: &mut PgConnection, submissions: &[Submission]) -> Result<Vec<Inserted>> {
    let articles = known_articles(tx, submissions).await?;
    let mut closed = BTreeMap::new();
    let mut open = Vec::new();
    for (index, submission) in submissions.iter().enumerate() {
        let known = articles.get(&(submission.site.clone(), submission.comment.article.clone()));
        match outcome::closed_article(submission, known) {
            Some(article) => drop(closed.insert(index, article)),
            None => open.push(index),
        }
    }
    let mut answers = admission::known(tx, submissions, closed.keys().copied()).await?;
    for (index, article) in closed {
        answers.entry(index).or_insert(Inserted::ArticleClosed(article));
    }
    answers.extend(admission::claim(tx, submissions, open).await?);
    let won: Vec<_> = answers.iter().filter(|(_, answer)| matches!(answer, Inserted::Stored)).collect();
    let won: Vec<_> = won.into_iter().filter_map(|(index, _)| submissions.get(*index)).collect();
    insert::insert(tx, &won, &articles).await?;
    Ok(answers.into_values().collect())
}

async fn known_articles(tx: &mut PgConnection, submissions: &[Submission]) -> Result<Articles> {
    let sql = concat!(
        "select a.site_id, ",
        article_columns!("a"),
        " from articles a where (a.site_id, a.article_id) in (select * from unnest($1::text[], $2::text[]))"
    );
    let rows = sqlx::query(sql)
        .bind(submissions.iter().map(|submission| submission.site.as_str()).bind_iter())
        .bind(submissions.iter().map(|submission| submission.comment.article.as_str()).bind_iter())
        .fetch_all(tx)
        .await?;
    let entry = |row| {
        let mut columns = Reader::new(row);
        let site = parse::site(&columns.text()?)?;
        let article = rows::article(&mut columns)?;
        Ok(((site, article.id.clone()), article))
    };
    rows.iter().map(entry).collect()
}

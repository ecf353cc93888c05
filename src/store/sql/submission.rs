//! Submitted comments: a batch is looked up in one statement, judged in order, and written at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Backend, Caller, Connection, List, Row, Rows, Statement, article_counts, records, request};
use crate::{
    domain::{
        Result,
        article::Article,
        id::SiteId,
        request::RequestRow,
        submission::{
            ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitAnswer, SubmitContext, SubmitQuestion,
            duplicates_since,
        },
    },
    store::{contract::SubmissionStore, error, outcome, postgres, sqlite},
};

#[async_trait]
impl<B: Backend> SubmissionStore for B {
    async fn submit_contexts(&self, questions: &[SubmitQuestion]) -> Result<Vec<SubmitContext>> {
        let _place = self.place_for(Caller::Portal).await?;
        match self.reads() {
            Connection::PostgresPool(pool) => postgres::submit_contexts(pool, questions).await,
            Connection::Postgres(session) => postgres::submit_contexts(session, questions).await,
            Connection::PostgresAlone(connection) => postgres::submit_contexts(connection, questions).await,
            Connection::SqlitePool(pool) => sqlite::submit_contexts(pool, questions).await,
            Connection::Sqlite(connection) => sqlite::submit_contexts(connection, questions).await,
        }
    }

    async fn challenge_contexts(&self, questions: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>> {
        let _place = self.place_for(Caller::Portal).await?;
        match self.reads() {
            Connection::PostgresPool(pool) => postgres::challenge_contexts(pool, questions).await,
            Connection::Postgres(session) => postgres::challenge_contexts(session, questions).await,
            Connection::PostgresAlone(connection) => postgres::challenge_contexts(connection, questions).await,
            Connection::SqlitePool(pool) => sqlite::challenge_contexts(pool, questions).await,
            Connection::Sqlite(connection) => sqlite::challenge_contexts(connection, questions).await,
        }
    }

    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>> {
        let _place = self.place_for(Caller::Portal).await?;
        transaction!(self, tx => insert(tx, submissions).await?)
    }

    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let _place = self.place_for(Caller::Portal).await?;
        request::spend_nonce(self, site, nonce, request, at).await
    }

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>> {
        let _place = self.place_for(Caller::Portal).await?;
        request::find(self.reads(), site, id).await
    }
}

/// Stores a batch in the caller's transaction, as if its submissions came one after the other.
///
/// All transactions take locks in one order: texts, new articles, requests, nonces, parents, articles; and each kind sorted.
async fn insert(tx: &mut Connection<'_>, submissions: &[Submission]) -> Result<Vec<Inserted>> {
    lock_texts(tx, submissions).await?;
    let known = look_up(tx, submissions).await?;
    let answers = judge(submissions, &known);
    let stored: Vec<_> = submissions.iter().zip(&known).zip(&answers).collect();
    let stored = stored.into_iter().filter(|(_, answer)| matches!(answer, Inserted::Stored));
    let (stored, articles): (Vec<_>, Vec<_>) = stored.map(|((one, known), _)| (one, known.article.as_ref())).unzip();
    if stored.is_empty() {
        return Ok(answers);
    }
    let articles = article_counts::Touched::of(&stored, &articles);
    articles.create(tx).await?;
    write(tx, &stored).await?;
    articles.update(tx).await?;
    Ok(answers)
}

/// Serialises submissions of the same text by the same device. Until this transaction ends, a concurrent one with the same text
/// waits here, and then its look-up sees the comment: the look-up is a statement of its own, because a statement sees only what was
/// committed when it began. SQLite has one writer at a time.
async fn lock_texts(tx: &mut Connection<'_>, submissions: &[Submission]) -> Result<()> {
    if !tx.dialect().has_concurrent_writers() {
        return Ok(());
    }
    let locks: BTreeSet<i64> = submissions.iter().filter_map(text_lock).collect();
    if !locks.is_empty() {
        let lock = Statement::new("select pg_advisory_xact_lock(lock) from :locks given order by position");
        lock.bind("locks", Rows::new().column("lock", List::longs(locks))).execute(tx).await?;
    }
    Ok(())
}

/// Returns the lock of a device's text; `None` without a device. Both parts are keyed hashes, so different texts rarely share a lock,
/// and those that do only wait.
fn text_lock(one: &Submission) -> Option<i64> {
    let device = u128::from_be_bytes(one.sender.device?);
    let mixed = (device ^ u128::from_be_bytes(one.fingerprint)).to_be_bytes();
    mixed.first_chunk().copied().map(i64::from_be_bytes)
}

/// What is stored already about one submission.
struct Known {
    request: Option<RequestRow>,
    nonce_is_spent: bool,
    article: Option<Article>,
    duplicate: Option<SubmitAnswer>,
}

/// A duplicate is looked for among the device's own comments, because a campaign's text may occur thousands of times. In PostgreSQL each
/// look-up is fenced by a limit, so that it uses its index whatever is known of the table's size: the plan is made once, perhaps when
/// the table was empty. Texts are compared, and not hashes of them: an edited or erased comment has no duplicates.
const LOOK_UP: &str = "
    {left join lateral (select * from requests where site_id = q.site_id and request_id = q.request_id limit 1) r on true
    | left join requests r on r.site_id = q.site_id and r.request_id = q.request_id}
    {left join lateral (select nonce from captcha_nonces where site_id = q.site_id and nonce = q.nonce limit 1) n on true
    | left join captcha_nonces n on n.site_id = q.site_id and n.nonce = q.nonce}
    {left join lateral (select * from articles where site_id = q.site_id and article_id = q.article_id limit 1) a on true
    | left join articles a on a.site_id = q.site_id and a.article_id = q.article_id}
    left join {lateral (select * | comments d on d.site_id = q.site_id and d.comment_id = (select o.comment_id}
        from comments o { | indexed by comments_by_device}
        where o.site_id = q.site_id and o.device {between q.device and q.device | = q.device}
            and o.created_at >= q.duplicates_since and o.article_id = q.article_id
            and o.reply_to is not distinct from q.parent_id and o.author_name = q.author_name and o.title = q.title
            and o.content = q.content
            and (o.status in ('PENDING', 'APPROVED') or (o.status = 'SPAM' and o.reviewed_at is null))
        order by {o.device desc, | } o.created_at desc limit 1) {d on true | }
    order by q.position";

async fn look_up(tx: &mut Connection<'_>, submissions: &[Submission]) -> Result<Vec<Known>> {
    let all = || submissions.iter();
    let asked = Rows::new()
        .column("site_id", List::texts(all().map(|one| one.site.as_str())))
        .column("request_id", List::uuids(all().map(|one| one.request.id)))
        .column("nonce", List::bytes(all().map(|one| &one.nonce[..])))
        .column("article_id", List::texts(all().map(|one| one.comment.article.as_str())))
        .column("parent_id", List::uuids(all().map(|one| one.comment.reply_to.map(|id| id.0))))
        .column("device", List::bytes(all().map(|one| one.sender.device.as_ref().map(|device| &device[..]))))
        .column("author_name", List::texts(all().map(|one| one.comment.author_name.as_str())))
        .column("title", List::texts(all().map(|one| one.comment.title.as_str())))
        .column("content", List::texts(all().map(|one| one.comment.content.as_str())))
        .column("duplicates_since", List::times(all().map(|one| duplicates_since(one.comment.created_at))));
    let rows = Statement::new("select n.nonce is not null as nonce_is_spent, d.comment_id as duplicate, ")
        .push("case d.status when 'APPROVED' then d.published_at end as duplicate_published_at, ")
        .columns(&records::REQUEST, "r")
        .push(", ")
        .columns(&records::ARTICLE, "a")
        .push(" from :asked q")
        .push(LOOK_UP)
        .bind("asked", asked)
        .fetch_all(tx)
        .await?;
    let known = |row: &Row| {
        let fields = row.fields();
        let published_at = fields.get("duplicate_published_at")?;
        Ok(Known {
            request: row.joined(&records::REQUEST, "r")?.map(records::request).transpose()?,
            nonce_is_spent: fields.get("nonce_is_spent")?,
            article: row.joined(&records::ARTICLE, "a")?.map(records::article).transpose()?,
            duplicate: fields.get::<Option<_>>("duplicate")?.map(|comment| SubmitAnswer { comment, published_at }),
        })
    };
    rows.iter().map(known).collect()
}

/// Judges the submissions in their order: a later one may repeat what an earlier one of the batch stores.
fn judge(submissions: &[Submission], known: &[Known]) -> Vec<Inserted> {
    let (mut requests, mut nonces, mut texts) = (HashMap::new(), HashSet::new(), HashMap::new());
    let mut answers = Vec::with_capacity(submissions.len());
    for (one, known) in submissions.iter().zip(known) {
        let key = (&one.site, one.request.id);
        let earlier = requests.get(&key).map(|first: &&RequestRow| (*first).clone());
        let words = one.words();
        let repeated = words.and_then(|words| texts.get(&words).cloned());
        answers.push(if let Some(first) = known.request.clone().or(earlier) {
            Inserted::Known(first)
        } else if let Some(closed) = outcome::closed_article(one, known.article.as_ref()) {
            Inserted::ArticleClosed(closed)
        } else if let Some(duplicate) = known.duplicate.clone().or(repeated) {
            Inserted::Duplicate(duplicate)
        } else if known.nonce_is_spent || !nonces.insert((&one.site, one.nonce)) {
            Inserted::ChallengeUsed
        } else {
            requests.insert(key, &one.request);
            texts.extend(words.map(|words| (words, one.answer())));
            Inserted::Stored
        });
    }
    answers
}

/// Writes all rows of the submissions. In PostgreSQL this is one statement; a row that a concurrent transaction wrote first leaves out
/// what depends on it, and then the whole transaction starts again and finds that row. Requests and nonces are sorted, so that two
/// batches with the same keys wait for each other in the same order.
async fn write(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<()> {
    if !tx.dialect().has_concurrent_writers() {
        return write_in_turn(tx, stored).await;
    }
    let written = Statement::new(
        r#"with input as (select * from :rows given),
        claimed as (
            insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
            select site_id, request_id, payload_hash, response, comment_id, created_at from input
            order by site_id collate "C", request_id
            on conflict do nothing returning site_id, made_by
        ), spent as (
            insert into captcha_nonces (site_id, nonce, spent_by, spent_at)
            select i.site_id, i.nonce, i.comment_id, i.created_at from input i
            join claimed c on c.site_id = i.site_id and c.made_by = i.comment_id
            order by i.site_id collate "C", i.nonce
            on conflict do nothing returning site_id, spent_by
        ), stored as ("#,
    )
    .push(INSERT_COMMENTS)
    .push(
        " from input i join spent s on s.site_id = i.site_id and s.spent_by = i.comment_id
            returning site_id, comment_id, article_id, created_at
        )
        insert into changes (site_id, change_id, kind, comment_id, article_id, at)
        select site_id, comment_id, 'COMMENT_SUBMITTED', comment_id, article_id, created_at from stored",
    )
    .bind("rows", with_admission(comment_rows(stored)?, stored))
    .execute(tx)
    .await?;
    if written == stored.len() as u64 { Ok(()) } else { Err(error::overtaken()) }
}

/// Writes the rows table by table.
async fn write_in_turn(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<()> {
    let rows = with_admission(Rows::new(), stored)
        .column("site_id", List::texts(stored.iter().map(|one| one.site.as_str())))
        .column("comment_id", List::uuids(stored.iter().map(|one| one.comment.id.0)))
        .column("article_id", List::texts(stored.iter().map(|one| one.comment.article.as_str())))
        .column("created_at", List::times(stored.iter().map(|one| one.comment.created_at)));
    Statement::new(
        "insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
        select site_id, request_id, payload_hash, response, comment_id, created_at from :rows given",
    )
    .bind("rows", rows.clone())
    .execute(&mut *tx)
    .await?;
    Statement::new(
        "insert into captcha_nonces (site_id, nonce, spent_by, spent_at)
        select site_id, nonce, comment_id, created_at from :rows given",
    )
    .bind("rows", rows.clone())
    .execute(&mut *tx)
    .await?;
    Statement::new(INSERT_COMMENTS).push(" from :rows i").bind("rows", comment_rows(stored)?).execute(&mut *tx).await?;
    Statement::new(
        "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
        select site_id, comment_id, 'COMMENT_SUBMITTED', comment_id, article_id, created_at from :rows given",
    )
    .bind("rows", rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds what makes each submission one: its request and its nonce.
fn with_admission<'q>(rows: Rows<'q>, stored: &[&'q Submission]) -> Rows<'q> {
    let all = || stored.iter();
    rows.column("request_id", List::uuids(all().map(|one| one.request.id)))
        .column("payload_hash", List::bytes(all().map(|one| &one.request.payload_hash[..])))
        .column("response", List::texts(all().map(|one| one.request.response.as_str())))
        .column("nonce", List::bytes(all().map(|one| &one.nonce[..])))
}

const INSERT_COMMENTS: &str = "
    insert into comments (site_id, comment_id, article_id, parent_id, reply_to, author_name, title, content, status, revision,
        created_at, published_at, reviewed_at, reply_count, device, address, prefix, author, fingerprint, folded, findings,
        spam_score, flagged_at, skeleton, key_mark)
    select i.site_id, i.comment_id, i.article_id, i.parent_id, i.reply_to, i.author_name, i.title, i.content, i.status, i.revision,
        i.created_at, i.published_at, i.reviewed_at, 0, i.device, i.address, i.prefix, i.author, i.fingerprint, i.folded,
        i.findings, i.spam_score, i.flagged_at, i.skeleton, i.key_mark";

fn comment_rows<'q>(stored: &[&'q Submission]) -> Result<Rows<'q>> {
    let all = || stored.iter().copied();
    let comments = || all().map(|one| &one.comment);
    let senders = || all().map(|one| &one.sender);
    let hash = |hash: &'q Option<[u8; 16]>| hash.as_ref().map(|hash| &hash[..]);
    Ok(Rows::new()
        .column("site_id", List::texts(all().map(|one| one.site.as_str())))
        .column("comment_id", List::uuids(comments().map(|comment| comment.id.0)))
        .column("article_id", List::texts(comments().map(|comment| comment.article.as_str())))
        .column("parent_id", List::uuids(comments().map(|comment| comment.parent.map(|id| id.0))))
        .column("reply_to", List::uuids(comments().map(|comment| comment.reply_to.map(|id| id.0))))
        .column("author_name", List::texts(comments().map(|comment| comment.author_name.as_str())))
        .column("title", List::texts(comments().map(|comment| comment.title.as_str())))
        .column("content", List::texts(comments().map(|comment| comment.content.as_str())))
        .column("status", List::texts(comments().map(|comment| comment.status.as_str())))
        .column("revision", List::longs(comments().map(|comment| comment.revision)))
        .column("created_at", List::times(comments().map(|comment| comment.created_at)))
        .column("published_at", List::times(comments().map(|comment| comment.published_at)))
        .column("reviewed_at", List::times(comments().map(|comment| comment.reviewed_at)))
        .column("flagged_at", List::times(comments().map(|comment| comment.attention.flagged_at)))
        .column("device", List::bytes(senders().map(|sender| hash(&sender.device))))
        .column("address", List::bytes(senders().map(|sender| hash(&sender.address))))
        .column("prefix", List::bytes(senders().map(|sender| hash(&sender.prefix))))
        .column("author", List::texts(senders().map(|sender| sender.author.as_str())))
        .column("key_mark", List::ints(senders().map(|sender| sender.key.map(|key| key.0))))
        .column("fingerprint", List::bytes(all().map(|one| &one.fingerprint[..])))
        .column("skeleton", List::bytes(all().map(|one| hash(&one.skeleton))))
        .column("folded", List::texts(all().map(|one| one.folded.as_str())))
        .column("findings", List::jsons(all().map(|one| Some(&one.findings)))?)
        .column("spam_score", List::reals(all().map(|one| one.spam_score))))
}

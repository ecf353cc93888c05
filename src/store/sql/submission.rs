//! Submitted comments. A batch is looked up in one statement, judged in order, and written at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Backend, Caller, Connection, List, Row, Rows, Statement,
    article_counts::Touched,
    records, request,
    submission_rows::{self, IS_REPEATED, SubmissionKey, key},
};
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
            on @ (Connection::SqlitePool(_) | Connection::Sqlite(_)) => sqlite::submit_contexts(on, questions).await,
        }
    }

    async fn challenge_contexts(&self, questions: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>> {
        let _place = self.place_for(Caller::Portal).await?;
        match self.reads() {
            Connection::PostgresPool(pool) => postgres::challenge_contexts(pool, questions).await,
            Connection::Postgres(session) => postgres::challenge_contexts(session, questions).await,
            Connection::PostgresAlone(connection) => postgres::challenge_contexts(connection, questions).await,
            on @ (Connection::SqlitePool(_) | Connection::Sqlite(_)) => sqlite::challenge_contexts(on, questions).await,
        }
    }

    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>> {
        let _place = self.place_for(Caller::Portal).await?;
        transaction!(self, &locks(submissions), tx => insert(tx, submissions).await?)
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

/// Maximum number of rounds of one batch. A submission that lost its request or nonce to a concurrent transaction finds
/// the other one's row in the next round, unless that transaction was rolled back.
const ROUNDS: usize = 8;

/// Stores a batch in the caller's transaction, which holds its [`locks`]. The results are the same as if the
/// submissions came one after the other.
///
/// All transactions take locks in one order: advisory locks, new articles, nonces, parents, articles. The locks of each
/// kind are sorted.
async fn insert(tx: &mut Connection<'_>, submissions: &[Submission]) -> Result<Vec<Inserted>> {
    let mut answers = BTreeMap::new();
    let mut stored = Vec::new();
    for at in store_unchanged(tx, submissions).await? {
        stored.push((&submissions[at], submissions[at].known_article.clone()));
        answers.insert(at, Inserted::Stored);
    }
    for _ in 0..ROUNDS {
        let open: Vec<usize> = (0..submissions.len()).filter(|at| !answers.contains_key(at)).collect();
        if open.is_empty() {
            break;
        }
        let (round, written) = store_round(tx, &open, submissions).await?;
        let is_written = |at: usize| written.contains(&key(&submissions[at]));
        let lost = round.iter().any(|(at, answer, _)| *answer == Inserted::Stored && !is_written(*at));
        for (at, answer, article) in round {
            if answer == Inserted::Stored && is_written(at) {
                stored.push((&submissions[at], article));
                answers.insert(at, answer);
            } else if !lost {
                // Otherwise the result may depend on a submission that was lost.
                answers.insert(at, answer);
            }
        }
    }
    if answers.len() < submissions.len() {
        return Err(error::overtaken());
    }
    Touched::of(&stored).update(tx).await?;
    Ok(answers.into_values().collect())
}

/// Writes the submissions that need no look-up, and returns their indexes: they repeat no earlier one of the batch, and
/// their articles are unchanged since the submit began. The statement itself leaves out submissions that repeat a
/// stored request, challenge or comment. In SQLite this would save nothing, because a transaction begins and looks up
/// in one call.
///
/// New articles come first in the lock order, so a batch with an unknown article is looked up as a whole.
async fn store_unchanged(tx: &mut Connection<'_>, submissions: &[Submission]) -> Result<Vec<usize>> {
    if !tx.dialect().has_concurrent_writers() || submissions.iter().any(|one| one.known_article.is_none()) {
        return Ok(Vec::new());
    }
    let all: Vec<_> = submissions.iter().collect();
    let known: Vec<_> = all.iter().map(|one| Known::unrepeated(one.known_article.clone())).collect();
    let judged = (0..).zip(judge(&all, &known));
    let mut places: Vec<usize> = judged.filter(|(_, answer)| *answer == Inserted::Stored).map(|(at, _)| at).collect();
    if !places.is_empty() {
        let unrepeated: Vec<_> = places.iter().map(|at| &submissions[*at]).collect();
        let written = submission_rows::write_unchanged(tx, &unrepeated).await?;
        places.retain(|at| written.contains(&key(&submissions[*at])));
    }
    Ok(places)
}

/// A submission by its index in the batch, with its result and the article before it.
type Judged = (usize, Inserted, Option<Article>);

/// Judges the submissions with the indexes `open` and writes those that are to be stored. Returns the results and the
/// keys of the written submissions. A submission is missing if a concurrent transaction wrote its request or nonce
/// first. Then none of its rows is written.
async fn store_round(
    tx: &mut Connection<'_>,
    open: &[usize],
    submissions: &[Submission],
) -> Result<(Vec<Judged>, HashSet<SubmissionKey>)> {
    let asked: Vec<_> = open.iter().map(|at| &submissions[*at]).collect();
    let known = look_up(tx, &asked).await?;
    let answers = judge(&asked, &known);
    let round: Vec<Judged> =
        open.iter().zip(answers).zip(known).map(|((at, answer), known)| (*at, answer, known.article)).collect();
    let to_store = round.iter().filter(|(_, answer, _)| *answer == Inserted::Stored);
    let to_store: Vec<_> = to_store.map(|(at, _, article)| (&submissions[*at], article.clone())).collect();
    if to_store.is_empty() {
        return Ok((round, HashSet::new()));
    }
    Touched::of(&to_store).create(tx).await?;
    let to_store: Vec<_> = to_store.iter().map(|(one, _)| *one).collect();
    let written = submission_rows::write(tx, &to_store).await?;
    Ok((round, written))
}

/// Returns the advisory locks that serialise submissions of the same request, and of the same text by the same device.
/// A concurrent transaction waits for them until this one ends, and then its statements see the comment. A separate
/// statement takes the locks, because a statement sees only what was committed when it began.
fn locks(submissions: &[Submission]) -> Vec<i64> {
    let texts = submissions.iter().filter_map(text_lock);
    submissions.iter().map(request_lock).chain(texts).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the lock of a device's text, or `None` without a device. Both parts are keyed hashes, so different texts
/// rarely share a lock. Those that do only wait for each other.
fn text_lock(one: &Submission) -> Option<i64> {
    let device = u128::from_be_bytes(one.sender.device?);
    Some(lock_of(device ^ u128::from_be_bytes(one.fingerprint)))
}

fn request_lock(one: &Submission) -> i64 {
    lock_of(one.request.id.as_u128())
}

/// Returns the key of an advisory lock. Its first bit is always set, unlike that of change-feed locks.
fn lock_of(value: u128) -> i64 {
    let (high, low) = Uuid::from_u128(value).as_u64_pair();
    ((high ^ low) | 1 << 63).cast_signed()
}

/// The stored data about one submission.
struct Known {
    request: Option<RequestRow>,
    nonce_is_spent: bool,
    article: Option<Article>,
    duplicate: Option<SubmitAnswer>,
}

impl Known {
    const fn unrepeated(article: Option<Article>) -> Self {
        Self { request: None, nonce_is_spent: false, article, duplicate: None }
    }
}

/// Looks up each submission. A duplicate is searched among the device's own comments, because there may be thousands of
/// comments with a campaign's text. In PostgreSQL, a limit fences each look-up, so that it uses its index regardless of
/// the table's statistics: the plan is made once, perhaps while the table is empty. Texts are compared instead of their
/// hashes, because an edited or erased comment has no duplicates.
const LOOK_UP: &str = "
    {left join lateral (select * from requests where site_id = q.site_id and request_id = q.request_id limit 1) r on true
    | left join requests r on r.site_id = q.site_id and r.request_id = q.request_id}
    {left join lateral (select nonce from requests where site_id = q.site_id and nonce = q.nonce limit 1) n on true
    | left join requests n on n.site_id = q.site_id and n.nonce = q.nonce}
    {left join lateral (select * from articles where site_id = q.site_id and article_id = q.article_id limit 1) a on true
    | left join articles a on a.site_id = q.site_id and a.article_id = q.article_id}
    left join {lateral (select * | comments d on d.site_id = q.site_id and d.comment_id = (select o.comment_id}
        from comments o { | indexed by comments_by_device}
        where o.site_id = q.site_id and o.device {between q.device and q.device | = q.device} and ";

const LOOK_UP_ORDER: &str =
    " order by {o.device desc, | } o.created_at desc limit 1) {d on true | } order by q.position";

async fn look_up(tx: &mut Connection<'_>, submissions: &[&Submission]) -> Result<Vec<Known>> {
    let all = || submissions.iter();
    let asked = Rows::new()
        .column("site_id", List::texts(all().map(|one| one.site.as_str())))
        .column("request_id", List::uuids(all().map(|one| one.request.id)))
        .column("nonce", List::bytes(all().map(|one| &one.nonce[..])))
        .column("article_id", List::texts(all().map(|one| one.comment.article.as_str())))
        .column("reply_to", List::uuids(all().map(|one| one.comment.reply_to.map(|id| id.0))))
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
        .push(IS_REPEATED)
        .push(LOOK_UP_ORDER)
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

/// Judges the submissions in their order, because a later one may repeat one that an earlier one of the batch stores.
fn judge(submissions: &[&Submission], known: &[Known]) -> Vec<Inserted> {
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

//! Who of a batch may store: each request and each nonce is claimed by one unique row.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::postgres::PgBindIterExt as _;
use uuid::Uuid;

use super::session::Session;
use crate::{
    domain::{
        Result,
        id::SiteId,
        submission::{Inserted, Submission},
    },
    store::{
        parse,
        rows::{self, Read as _, RowReader},
    },
};

/// Answers by place in the batch.
pub(super) type Answers = BTreeMap<usize, Inserted>;

/// A request's key.
type Key<'a> = (&'a SiteId, Uuid);

fn key(submission: &Submission) -> Key<'_> {
    (&submission.site, submission.request.id)
}

/// Claims requests and nonces for those of `waiting`, as if they had come one after the other. `Stored` in the answers
/// means that the rest of the rows may be written.
///
/// A twin, of a request or of what is said, waits for the round after its first: should that one's nonce be spent, its request row goes
/// again, and the twin has its own try.
pub(super) async fn claim(tx: &mut Session, submissions: &[Submission], mut waiting: Vec<usize>) -> Result<Answers> {
    let mut answers = Answers::new();
    while !waiting.is_empty() {
        let (mut seen, mut said) = (HashSet::new(), HashSet::new());
        let (round, twins): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|index| {
            let one = &submissions[*index];
            // Both are noted in any case.
            let (request, words) = (seen.insert(key(one)), one.words().is_none_or(|words| said.insert(words)));
            request && words
        });
        let claimed = claim_first(tx, round.iter().map(|index| &submissions[*index])).await?;
        let mut lost = Vec::new();
        let mut unused = Vec::new();
        for index in round {
            match claimed.get(&submissions[index].comment.id.0) {
                Some(true) => drop(answers.insert(index, Inserted::Stored)),
                Some(false) => {
                    unused.push(&submissions[index]);
                    answers.insert(index, Inserted::ChallengeUsed);
                }
                None => lost.push(index),
            }
        }
        withdraw(tx, &unused).await?;
        waiting = lost.into_iter().chain(twins).collect();
        waiting.sort_unstable();
        let found = known(tx, submissions, waiting.iter().copied()).await?;
        waiting.retain(|index| !found.contains_key(index));
        answers.extend(found);
        answer_repeated(submissions, &mut waiting, &mut answers);
    }
    Ok(answers)
}

/// Answers those of `waiting` that repeat a comment of this batch.
fn answer_repeated(submissions: &[Submission], waiting: &mut Vec<usize>, answers: &mut Answers) {
    let stored = answers.iter().filter(|(_, answer)| matches!(answer, Inserted::Stored));
    let stored = stored.filter_map(|(index, _)| submissions.get(*index));
    let first: HashMap<_, _> = stored.filter_map(|one| Some((one.words()?, one.answer()))).collect();
    let repeats = |index: &usize| first.get(&submissions[*index].words()?).map(|answer| (*index, answer.clone()));
    let repeated: Vec<_> = waiting.iter().filter_map(repeats).collect();
    waiting.retain(|index| repeated.iter().all(|(other, _)| other != index));
    answers.extend(repeated.into_iter().map(|(index, answer)| (index, Inserted::Duplicate(answer))));
}

/// Sorted, so that two batches with the same keys wait for each other in the same order. A nonce is spent only for a
/// request that was new.
const CLAIM: &str = r#"
    with input as (
        select * from unnest($1::text[], $2::uuid[], $3::bytea[], $4::text[], $5::bytea[], $6::uuid[], $7::timestamptz[])
            with ordinality as i (site_id, request_id, payload_hash, response, nonce, made_by, at, position)
    ), claimed as (
        insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
        select site_id, request_id, payload_hash, response, made_by, at from input
        order by site_id collate "C", request_id
        on conflict do nothing returning made_by
    ), spent as (
        insert into captcha_nonces (site_id, nonce, spent_by, spent_at)
        select i.site_id, i.nonce, i.made_by, i.at from input i join claimed using (made_by)
        order by i.site_id collate "C", i.nonce, i.position
        on conflict do nothing returning spent_by
    )
    select c.made_by, s.spent_by is not null from claimed c left join spent s on s.spent_by = c.made_by"#;

/// Which of a round have their request, and whether they have their nonce too.
async fn claim_first<'a>(
    tx: &mut Session,
    round: impl Iterator<Item = &'a Submission> + Clone + Send,
) -> Result<HashMap<Uuid, bool>> {
    let rows = sqlx::query(CLAIM)
        .bind(round.clone().map(|one| one.site.as_str()).bind_iter())
        .bind(round.clone().map(|one| one.request.id).bind_iter())
        .bind(round.clone().map(|one| one.request.payload_hash).bind_iter())
        .bind(round.clone().map(|one| one.request.response.as_str()).bind_iter())
        .bind(round.clone().map(|one| one.nonce).bind_iter())
        .bind(round.clone().map(|one| one.comment.id.0).bind_iter())
        .bind(round.map(|one| one.comment.created_at).bind_iter())
        .fetch_all(tx)
        .await?;
    let pair = |row| {
        let mut columns = RowReader::new(row);
        Ok((columns.uuid()?, columns.flag()?))
    };
    rows.iter().map(pair).collect()
}

/// Takes back request rows whose nonce turned out to be spent.
async fn withdraw(tx: &mut Session, unused: &[&Submission]) -> Result<()> {
    if unused.is_empty() {
        return Ok(());
    }
    let sql = "delete from requests r using unnest($1::text[], $2::uuid[]) u (site_id, request_id)
        where r.site_id = u.site_id and r.request_id = u.request_id";
    sqlx::query(sql)
        .bind(unused.iter().map(|one| one.site.as_str()).bind_iter())
        .bind(unused.iter().map(|one| one.request.id).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

/// Answers for those whose request is remembered.
pub(super) async fn known(
    tx: &mut Session,
    submissions: &[Submission],
    asked: impl Iterator<Item = usize> + Clone + Send,
) -> Result<Answers> {
    if asked.clone().next().is_none() {
        return Ok(Answers::new());
    }
    let sql = "select site_id, request_id, payload_hash, response from requests
        where (site_id, request_id) in (select * from unnest($1::text[], $2::uuid[]))";
    let rows = sqlx::query(sql)
        .bind(asked.clone().map(|index| submissions[index].site.as_str()).bind_iter())
        .bind(asked.clone().map(|index| submissions[index].request.id).bind_iter())
        .fetch_all(tx)
        .await?;
    let mut known = HashMap::new();
    for row in &rows {
        let mut columns = RowReader::new(row);
        let site = parse::site(&columns.text()?)?;
        let request = rows::request(&mut columns)?;
        known.insert((site, request.id), request);
    }
    let answer = |index: usize| {
        let row = known.get(&(submissions[index].site.clone(), submissions[index].request.id));
        row.map(|row| (index, Inserted::Known(row.clone())))
    };
    Ok(asked.filter_map(answer).collect())
}

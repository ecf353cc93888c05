//! Queries for the contexts of submits and challenges, with one row for each question. One statement reads all of them,
//! because each statement is a round trip to the connection's thread.

use serde::Serialize;
use std::panic::Location;

use sqlx::{
    Arguments as _,
    sqlite::{SqliteArguments, SqliteRow},
    types::Json,
};

use super::micros;
use crate::{
    domain::{
        Result,
        submission::{ChallengeContext, ChallengeQuestion, SubmitContext, SubmitQuestion, duplicates_since},
        trust::Record,
    },
    store::{
        rows::{self, RowReader},
        sql::{Connection, Dialect, trace},
    },
};

/// Joins `q` with the record of its device, with the columns of `record_columns!`. It uses `json_each`, because only a
/// table-valued function may refer to tables that precede it in a join.
macro_rules! from_q_with_record {
    () => {
        concat!(
            " from q cross join json_each((select json_array(json_array(",
            record_columns!("k"),
            ")) from ",
            record_of_device!(
                "o.site_id = q.site_id and o.device = q.device",
                "o.created_at desc",
                "q.since",
                "q.suspected_since"
            ),
            " k)) record left join sites t on t.site_id = q.site_id"
        )
    };
}

macro_rules! record {
    () => {
        "record.value ->> 0, record.value ->> 1, record.value ->> 2"
    };
}

const SUBMITS: &str = concat!(
    "with q as materialized (
        select key as position, value ->> 'site_id' as site_id, unhex(value ->> 'request_id') as request_id,
            value ->> 'article_id' as article_id, unhex(value ->> 'parent_id') as parent_id, unhex(value ->> 'device') as device,
            value ->> 'author_name' as author_name, value ->> 'title' as title, value ->> 'content' as content, unhex(value ->> 'skeleton') as skeleton, value ->> 'author' as author,
            value ->> 'subjects' as subjects, value ->> 'duplicates_since' as duplicates_since,
            value ->> 'same_text_since' as same_text_since, value ->> 'now' as now, value ->> 'since' as since,
            value ->> 'suspected_since' as suspected_since
        from json_each($1)
    )
    select r.request_id, r.payload_hash, r.response, ",
    article_columns!("a"),
    ", ",
    comment_columns!("p"),
    ", ",
    duplicate_columns!(),
    ", ",
    site_columns!("t"),
    ", (select count(*) from (select 1 from comments s indexed by comments_by_skeleton
            where s.site_id = q.site_id and coalesce(s.skeleton, s.fingerprint) = q.skeleton
                and s.created_at >= q.same_text_since limit 1000)),
        (select count(distinct n.author) from (select s.author from comments s indexed by comments_by_skeleton
            where s.site_id = q.site_id and coalesce(s.skeleton, s.fingerprint) = q.skeleton
                and s.created_at >= q.same_text_since order by s.created_at desc limit 1000) n where n.author <> q.author),
        -- BLOCK sorts before HOLD, so max is the weaker of two effects, and min the strongest of all bans
        (select min(max(b.effect, i.value ->> 2)) from json_each(q.subjects) i
            cross join bans b indexed by bans_by_subject on b.site_id = q.site_id and b.subject_kind = i.value ->> 0
                and b.subject = unhex(i.value ->> 1)
            where b.revoked_at is null and b.expires_at > q.now), ",
    record!(),
    from_q_with_record!(),
    "
    left join requests r on r.site_id = q.site_id and r.request_id = q.request_id
    left join articles a on a.site_id = q.site_id and a.article_id = q.article_id
    left join comments p on p.site_id = q.site_id and p.comment_id = q.parent_id and p.article_id = q.article_id
    left join comments d on d.site_id = q.site_id and d.comment_id = ",
    duplicate_of_its_device!(),
    " order by q.position"
);

const CHALLENGES: &str = concat!(
    "with q as materialized (
        select key as position, value ->> 'site_id' as site_id, unhex(value ->> 'device') as device, value ->> 'since' as since,
            value ->> 'suspected_since' as suspected_since
        from json_each($1)
    )
    select ",
    record!(),
    ", ",
    site_columns!("t"),
    from_q_with_record!(),
    " order by q.position"
);

/// A submit's question, with the names of [`SUBMITS`].
#[derive(Serialize)]
struct Submit<'a> {
    site_id: &'a str,
    request_id: String,
    article_id: &'a str,
    parent_id: Option<String>,
    device: Option<String>,
    author_name: &'a str,
    title: &'a str,
    content: &'a str,
    skeleton: String,
    author: &'a str,
    subjects: Vec<(&'static str, String, &'static str)>,
    duplicates_since: i64,
    same_text_since: i64,
    now: i64,
    since: i64,
    suspected_since: i64,
}

pub(in crate::store) async fn submit_contexts(
    on: Connection<'_>,
    questions: &[SubmitQuestion],
) -> Result<Vec<SubmitContext>> {
    let asked = questions.iter().map(|one| Submit {
        site_id: one.site.as_str(),
        request_id: hex::encode(one.request_id.as_bytes()),
        article_id: one.article.as_str(),
        parent_id: one.parent.map(|id| hex::encode(id.0.as_bytes())),
        device: one.device.map(hex::encode),
        author_name: &one.text.author_name,
        title: &one.text.title,
        content: &one.text.content,
        skeleton: hex::encode(one.skeleton.unwrap_or(one.fingerprint)),
        author: &one.author,
        subjects: one
            .subjects
            .iter()
            .map(|it| (it.kind.as_str(), hex::encode(&it.key), one.strongest(it).as_str()))
            .collect(),
        duplicates_since: micros(duplicates_since(one.now)),
        same_text_since: micros(one.same_text_since),
        now: micros(one.now),
        since: micros(Record::since(one.now)),
        suspected_since: micros(Record::suspected_since(one.now)),
    });
    let rows = ask(on, SUBMITS, &asked.collect::<Vec<_>>()).await?;
    rows.iter().map(|row| rows::submit_context(&mut RowReader::new(row))).collect()
}

/// Runs a statement whose only parameter is the list of questions.
async fn ask<Q: Serialize>(on: Connection<'_>, sql: &'static str, questions: &[Q]) -> Result<Vec<SqliteRow>> {
    trace(Dialect::Sqlite, sql, Location::caller());
    let mut values = SqliteArguments::default();
    values.add(Json(questions)).map_err(sqlx::Error::Encode)?;
    on.run_sqlite(sql, values).await
}

/// A challenge's question, with the names of [`CHALLENGES`].
#[derive(Serialize)]
struct Challenge<'a> {
    site_id: &'a str,
    device: String,
    since: i64,
    suspected_since: i64,
}

pub(in crate::store) async fn challenge_contexts(
    on: Connection<'_>,
    questions: &[ChallengeQuestion],
) -> Result<Vec<ChallengeContext>> {
    let asked = questions.iter().map(|one| Challenge {
        site_id: one.site.as_str(),
        device: hex::encode(one.device),
        since: micros(Record::since(one.now)),
        suspected_since: micros(Record::suspected_since(one.now)),
    });
    let rows = ask(on, CHALLENGES, &asked.collect::<Vec<_>>()).await?;
    rows.iter().map(|row| rows::challenge_context(&mut RowReader::new(row))).collect()
}

//! Queries for the contexts of submits and challenges, with one row for each question.

use std::panic::Location;

use sqlx::{PgExecutor, postgres::PgBindIterExt as _};

use crate::{
    domain::{
        Result,
        submission::{ChallengeContext, ChallengeQuestion, SubmitContext, SubmitQuestion, duplicates_since},
        trust::Record,
    },
    store::{
        rows::{self, RowReader},
        sql::{Dialect, trace},
    },
};

/// Selects the record of the device of `q`. The condition on the device is a range, and the order begins with the
/// device, because only the index `comments_by_device` has that order. With an equality, the planner might choose any
/// index of the site, if the plan was made for an empty table or while all comments were from one device.
macro_rules! record_of_its_device {
    () => {
        record_of_device!(
            "o.site_id = q.site_id and o.device between q.device and q.device",
            "o.device desc, o.created_at desc",
            "q.since",
            "q.suspected_since"
        )
    };
}

/// Selects one row for each question, in their order. A ban's subject names its question by position. A limit fences
/// each look-up, so that it uses its index regardless of the table's statistics: the plan is made once, perhaps while
/// the table is empty.
const CONTEXTS: &str = concat!(
    "with banned as (
        -- BLOCK sorts before HOLD, so greatest is the weaker of two effects, and min the strongest of all bans
        select i.position, min(greatest(f.effect, i.strongest)) effect
        from unnest($15::bigint[], $16::text[], $17::text[], $18::bytea[], $19::timestamptz[], $20::text[])
            i (position, site_id, subject_kind, subject, now, strongest)
        cross join lateral (
            select b.effect from bans b where b.site_id = i.site_id and b.subject_kind = i.subject_kind and b.subject = i.subject
                and b.revoked_at is null and b.expires_at > i.now order by b.effect limit 1) f
        group by i.position
    )
    select r.request_id, r.payload_hash, r.response, ",
    article_columns!("a"),
    ", ",
    comment_columns!("p"),
    ", ",
    duplicate_columns!(),
    ", ",
    site_columns!("t"),
    ", same.comments, same.authors, banned.effect, ",
    record_columns!("k"),
    "
    from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::bytea[],
            $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[])
        with ordinality as q (site_id, request_id, article_id, parent_id, device, author_name, title, content, skeleton, author,
            duplicates_since, same_text_since, since, suspected_since, position)
    cross join lateral ",
    record_of_its_device!(),
    " k
    cross join lateral (
        select count(*) comments, count(distinct n.author) filter (where n.author <> q.author) authors from (
            select s.author from comments s
            where s.site_id = q.site_id and coalesce(s.skeleton, s.fingerprint) = q.skeleton and s.created_at >= q.same_text_since
            order by s.created_at desc limit 1000) n) same
    left join banned on banned.position = q.position
    left join lateral (select * from sites where site_id = q.site_id limit 1) t on true
    left join lateral (select * from requests where site_id = q.site_id and request_id = q.request_id limit 1) r on true
    left join lateral (select * from articles where site_id = q.site_id and article_id = q.article_id limit 1) a on true
    left join lateral (
        -- The range makes the planner use the key, as with devices
        select * from comments c
        where c.site_id = q.site_id and c.comment_id between q.parent_id and q.parent_id and c.article_id = q.article_id
        order by c.comment_id limit 1) p on true
    left join lateral ",
    duplicate_of_its_device!(),
    " d on true
    order by q.position"
);

const CHALLENGE_CONTEXTS: &str = concat!(
    "select ",
    record_columns!("k"),
    ", ",
    site_columns!("t"),
    " from unnest($1::text[], $2::bytea[], $3::timestamptz[], $4::timestamptz[])
        with ordinality as q (site_id, device, since, suspected_since, position)
    cross join lateral ",
    record_of_its_device!(),
    " k left join lateral (select * from sites where site_id = q.site_id limit 1) t on true
    order by q.position"
);

pub(in crate::store) async fn challenge_contexts(
    executor: impl PgExecutor<'_>,
    questions: &[ChallengeQuestion],
) -> Result<Vec<ChallengeContext>> {
    let all = || questions.iter();
    trace(Dialect::Postgres, CHALLENGE_CONTEXTS, Location::caller());
    let rows = sqlx::query(CHALLENGE_CONTEXTS)
        .bind(all().map(|one| one.site.as_str()).bind_iter())
        .bind(all().map(|one| one.device).bind_iter())
        .bind(all().map(|one| Record::since(one.now)).bind_iter())
        .bind(all().map(|one| Record::suspected_since(one.now)).bind_iter())
        .fetch_all(executor)
        .await?;
    rows.iter().map(|row| rows::challenge_context(&mut RowReader::new(row))).collect()
}

pub(in crate::store) async fn submit_contexts(
    executor: impl PgExecutor<'_>,
    questions: &[SubmitQuestion],
) -> Result<Vec<SubmitContext>> {
    let all = || questions.iter();
    // Positions count from 1, as `with ordinality` does.
    let subjects =
        || (1_i64..).zip(all()).flat_map(|(position, one)| one.subjects.iter().map(move |it| (position, one, it)));
    trace(Dialect::Postgres, CONTEXTS, Location::caller());
    let rows = sqlx::query(CONTEXTS)
        .bind(all().map(|one| one.site.as_str()).bind_iter())
        .bind(all().map(|one| one.request_id).bind_iter())
        .bind(all().map(|one| one.article.as_str()).bind_iter())
        .bind(all().map(|one| one.parent.map(|id| id.0)).bind_iter())
        .bind(all().map(|one| one.device).bind_iter())
        .bind(all().map(|one| one.text.author_name.as_str()).bind_iter())
        .bind(all().map(|one| one.text.title.as_str()).bind_iter())
        .bind(all().map(|one| one.text.content.as_str()).bind_iter())
        .bind(all().map(|one| one.skeleton.unwrap_or(one.fingerprint)).bind_iter())
        .bind(all().map(|one| one.author.as_str()).bind_iter())
        .bind(all().map(|one| duplicates_since(one.now)).bind_iter())
        .bind(all().map(|one| one.same_text_since).bind_iter())
        .bind(all().map(|one| Record::since(one.now)).bind_iter())
        .bind(all().map(|one| Record::suspected_since(one.now)).bind_iter())
        .bind(subjects().map(|(position, ..)| position).bind_iter())
        .bind(subjects().map(|(_, one, _)| one.site.as_str()).bind_iter())
        .bind(subjects().map(|(.., subject)| subject.kind.as_str()).bind_iter())
        .bind(subjects().map(|(.., subject)| subject.key.as_slice()).bind_iter())
        .bind(subjects().map(|(_, one, _)| one.now).bind_iter())
        .bind(subjects().map(|(_, one, subject)| one.strongest(subject).as_str()).bind_iter())
        .fetch_all(executor)
        .await?;
    rows.iter().map(|row| rows::submit_context(&mut RowReader::new(row))).collect()
}

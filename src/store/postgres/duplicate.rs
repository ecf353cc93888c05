//! Which submissions of a batch repeat a comment that is stored.

use std::collections::BTreeSet;

use sqlx::postgres::PgBindIterExt as _;

use super::{admission::Answers, session::Session};
use crate::{
    domain::{
        Result,
        submission::{Inserted, Submission, duplicates_since},
    },
    store::rows::{self, Read as _, RowReader},
};

const FIND: &str = concat!(
    "select q.position, ",
    duplicate_columns!(),
    " from unnest($1::text[], $2::bytea[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
        with ordinality as q (site_id, device, article_id, parent_id, author_name, title, content, duplicates_since, position)
    cross join lateral ",
    duplicate_of_its_device!(),
    " d"
);

/// Returns a `Duplicate` for each submission that repeats a stored comment.
///
/// Whoever says the same at the same time, on any replica, waits for the other's transaction and sees its comment: the locks are held to
/// the end of this one, and the look is a statement of its own, because a statement sees what was committed when it began.
pub(super) async fn find(tx: &mut Session, submissions: &[Submission]) -> Result<Answers> {
    let asked = submissions.iter().enumerate().filter(|(_, one)| one.sender.device.is_some());
    let locks: BTreeSet<i64> = asked.clone().filter_map(|(_, one)| lock_of(one)).collect();
    if locks.is_empty() {
        return Ok(Answers::new());
    }
    sqlx::query("select pg_advisory_xact_lock(k) from unnest($1::bigint[]) k")
        .bind(locks.into_iter().bind_iter())
        .execute(&mut *tx)
        .await?;
    let all = || asked.clone().map(|(_, one)| one);
    let rows = sqlx::query(FIND)
        .bind(all().map(|one| one.site.as_str()).bind_iter())
        .bind(all().map(|one| one.sender.device).bind_iter())
        .bind(all().map(|one| one.comment.article.as_str()).bind_iter())
        .bind(all().map(|one| one.comment.reply_to.map(|id| id.0)).bind_iter())
        .bind(all().map(|one| one.comment.author_name.as_str()).bind_iter())
        .bind(all().map(|one| one.comment.title.as_str()).bind_iter())
        .bind(all().map(|one| one.comment.content.as_str()).bind_iter())
        .bind(all().map(|one| duplicates_since(one.comment.created_at)).bind_iter())
        .fetch_all(tx)
        .await?;
    let indices: Vec<_> = asked.map(|(index, _)| index).collect();
    let answer = |row| {
        let mut columns = RowReader::new(row);
        // Positions count from 1.
        let position = usize::try_from(columns.long()?).unwrap_or_default().saturating_sub(1);
        Ok((indices[position], Inserted::Duplicate(rows::duplicate(&mut columns)?)))
    };
    rows.iter().map(answer).collect()
}

/// Returns the lock of a device's text. Both are keyed hashes, so different texts rarely share one, and those that do only wait.
fn lock_of(one: &Submission) -> Option<i64> {
    let device = u128::from_be_bytes(one.sender.device?);
    let mixed = (device ^ u128::from_be_bytes(one.fingerprint)).to_be_bytes();
    mixed.first_chunk().copied().map(i64::from_be_bytes)
}

//! What readers report and moderators note.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteStore, decision, micros, request};
use crate::{
    domain::{
        Error, Result,
        comment::Comment,
        reason::Reason,
        report::{ModeratorNote, NewNote, Report, Reported},
        site::Site,
    },
    store::{
        contract::ReportStore,
        outcome, parse,
        rows::{self, Read as _, RowReader},
    },
};

#[async_trait]
impl ReportStore for SqliteStore {
    async fn report(&self, report: &Report) -> Result<Reported> {
        in_transaction!(self, tx => take(&mut tx, report).await?)
    }

    async fn add_note(&self, new: &NewNote) -> Result<ModeratorNote> {
        in_transaction!(self, tx => add_note(&mut tx, new).await?)
    }
}

const FIND: &str = concat!(
    "select ",
    comment_columns!("c"),
    ", ",
    article_columns!("a"),
    ", ",
    site_columns!("s"),
    " from comments c
    join articles a on a.site_id = c.site_id and a.article_id = c.article_id
    left join sites s on s.site_id = c.site_id
    where c.site_id = $1 and c.comment_id = $2"
);

/// A report that the reader made under another key counts as theirs.
const REMEMBER: &str =
    "insert into reports (site_id, comment_id, reporter, reason, note, created_at, network, key_mark)
    select $1, $2, $3, $4, $5, $6, $7, $8 where not exists (
        select 1 from reports r join json_each($9) alias on r.reporter = unhex(alias.value)
        where r.site_id = $1 and r.comment_id = $2)
    on conflict do nothing";

/// Networks of the newest reports, as many as are open: the times of replicas and of looks may be in another order than their
/// transactions. Reports of earlier releases have no network, and count apart.
const NETWORKS: &str = "select count(distinct coalesce(n.network, n.reporter)) from (
        select r.network, r.reporter from reports r where r.site_id = $1 and r.comment_id = $2
        order by r.created_at desc limit $3) n";

/// A comment that waits already keeps the time since when.
const COUNT: &str = "update comments set reports = reports + 1, open_reports = open_reports + 1,
        flagged_at = coalesce(flagged_at, $3)
    where site_id = $1 and comment_id = $2";

async fn take(tx: &mut SqliteConnection, report: &Report) -> Result<Reported> {
    let (comment, site) = find(tx, report).await?;
    let new = sqlx::query(REMEMBER)
        .bind(report.site.as_str())
        .bind(report.comment.0)
        .bind(&report.reporter[..])
        .bind(report.reason.map(Reason::as_str))
        .bind(&report.note)
        .bind(micros(report.at))
        .bind(&report.network[..])
        .bind(report.key.0)
        .bind(parse::json_list(report.aliases.iter().map(hex::encode)))
        .execute(&mut *tx)
        .await?;
    if new.rows_affected() == 0 {
        return Ok(Reported::Known);
    }
    let open = i64::from(comment.attention.open_reports) + 1;
    let networks = sqlx::query_scalar(NETWORKS).bind(report.site.as_str()).bind(report.comment.0).bind(open);
    let reported = Report::counted(&comment, &site, networks.fetch_one(&mut *tx).await?);
    let flagged_at = (reported == Reported::Requeued).then_some(report.at);
    let query = sqlx::query(COUNT).bind(report.site.as_str()).bind(comment.id.0).bind(flagged_at.map(micros));
    query.execute(&mut *tx).await?;
    if reported == Reported::Requeued {
        decision::tell(tx, &report.site, &comment, report.change, report.at).await?;
    }
    Ok(reported)
}

async fn find(tx: &mut SqliteConnection, report: &Report) -> Result<(Comment, Site)> {
    let row = sqlx::query(FIND).bind(report.site.as_str()).bind(report.comment.0).fetch_optional(tx).await?;
    let row = row.ok_or(Error::CommentNotFound(report.comment))?;
    let mut columns = RowReader::new(&row);
    let comment = rows::comment(&mut columns)?;
    let article = rows::article(&mut columns)?;
    let site = rows::site(&mut columns)?;
    let visible = report.can_be_made(&comment, &article, &site);
    visible.then_some((comment, site)).ok_or(Error::CommentNotFound(report.comment))
}

const NOTE: &str = "insert into notes (site_id, note_id, comment_id, at, actor, text)
    select c.site_id, $3, c.comment_id, $4, $5, $6 from comments c where c.site_id = $1 and c.comment_id = $2";

/// A stored response holds no text: an erasure would not reach it.
const TEXT: &str = "select text from notes where site_id = $1 and note_id = $2";

async fn add_note(tx: &mut SqliteConnection, new: &NewNote) -> Result<ModeratorNote> {
    if let Some(first) = request::replay::<ModeratorNote>(tx, &new.site, new.request.as_ref()).await? {
        let row = sqlx::query(TEXT).bind(new.site.as_str()).bind(first.id).fetch_optional(tx).await?;
        let text = row.map(|row| RowReader::new(&row).text()).transpose()?.unwrap_or_default();
        return Ok(ModeratorNote { text, ..first });
    }
    let query = sqlx::query(NOTE).bind(new.site.as_str()).bind(new.comment.0).bind(new.note.id);
    let query = query.bind(micros(new.note.at)).bind(&new.note.actor).bind(&new.note.text);
    if query.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::CommentNotFound(new.comment));
    }
    if let Some(request) = &new.request {
        let row = outcome::answered(request, &ModeratorNote { text: String::new(), ..new.note.clone() })?;
        request::insert(tx, &new.site, &row, new.note.id, new.note.at).await?;
    }
    Ok(new.note.clone())
}

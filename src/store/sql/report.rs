//! Reports of readers and notes of moderators.

use async_trait::async_trait;

use super::{
    Backend, Caller, Connection, List, Statement,
    change_feed::{self, NewChange},
    records::{self, ARTICLE, COMMENT, SITE},
    request,
    stats_changes::StatsChanges,
};
use crate::{
    domain::{
        Error, Result,
        change::ChangeKind,
        comment::Comment,
        reason::Reason,
        report::{ModeratorNote, NewNote, Report, Reported},
        site::Site,
    },
    store::{contract::ReportStore, outcome},
};

#[async_trait]
impl<B: Backend> ReportStore for B {
    async fn report(&self, report: &Report) -> Result<Reported> {
        let _place = self.place_for(Caller::Portal).await?;
        transaction!(self, tx => count(tx, report).await?)
    }

    async fn add_note(&self, new: &NewNote) -> Result<ModeratorNote> {
        transaction!(self, tx => add_note(tx, new).await?)
    }
}

async fn count(tx: &mut Connection<'_>, report: &Report) -> Result<Reported> {
    let (comment, site) = lock(tx, report).await?;
    if !insert(tx, report).await? {
        return Ok(Reported::Known);
    }
    let open = i64::from(comment.attention.open_reports) + 1;
    let reported = Report::counted(&comment, &site, networks(tx, report, open).await?);
    let flagged_at = (reported == Reported::Requeued).then_some(report.at);
    // A comment that is already flagged keeps the time of its flag.
    Statement::new(
        "update comments set reports = reports + 1, open_reports = open_reports + 1,
            flagged_at = coalesce(flagged_at, :flagged_at)
        where site_id = :site and comment_id = :comment",
    )
    .bind("flagged_at", flagged_at)
    .bind("site", &report.site)
    .bind("comment", report.comment)
    .execute(&mut *tx)
    .await?;
    if reported == Reported::Requeued {
        StatsChanges::of_flag(&report.site, comment.created_at, comment.status).append(tx).await?;
        let change = NewChange {
            site: &report.site,
            kind: ChangeKind::CaseChanged,
            comment: Some(comment.id),
            article: Some(&comment.article),
            revision: comment.revision,
            at: report.at,
        };
        change_feed::add(tx, &[change]).await?;
    }
    Ok(reported)
}

/// Locks the comment with the same lock as a decision, and no other row.
///
/// Fails with `CommentNotFound`, also if readers do not see the comment.
async fn lock(tx: &mut Connection<'_>, report: &Report) -> Result<(Comment, Site)> {
    let row = Statement::new("select ")
        .columns(&COMMENT, "c")
        .push(", ")
        .columns(&ARTICLE, "a")
        .push(", ")
        .columns(&SITE, "s")
        .push(
            " from comments c
            join articles a on a.site_id = c.site_id and a.article_id = c.article_id
            left join sites s on s.site_id = c.site_id
            where c.site_id = :site and c.comment_id = :comment {for no key update of c | }",
        )
        .bind("site", &report.site)
        .bind("comment", report.comment)
        .fetch_optional(tx)
        .await?
        .ok_or(Error::CommentNotFound(report.comment))?;
    let comment = records::comment(row.of(&COMMENT, "c")?)?;
    let article = records::article(row.of(&ARTICLE, "a")?)?;
    let site = records::site(row.joined(&SITE, "s")?)?;
    let visible = report.can_be_made(&comment, &article, &site);
    visible.then_some((comment, site)).ok_or(Error::CommentNotFound(report.comment))
}

/// Stores the report. Returns `false` if the reader already reported the comment, under this key or an earlier one.
async fn insert(tx: &mut Connection<'_>, report: &Report) -> Result<bool> {
    let inserted = Statement::new(
        "insert into reports (site_id, comment_id, reporter, reason, note, created_at, network, key_mark)
        select :site, :comment, :reporter, :reason, :note, :at, :network, :key where not exists (
            select 1 from reports r
            where r.site_id = :site and r.comment_id = :comment and r.reporter in :aliases)
        on conflict do nothing",
    )
    .bind("site", &report.site)
    .bind("comment", report.comment)
    .bind("reporter", &report.reporter)
    .bind("reason", report.reason.map(Reason::as_str))
    .bind("note", &report.note)
    .bind("at", report.at)
    .bind("network", &report.network)
    .bind("key", report.key.0)
    .bind("aliases", List::bytes(report.aliases.iter().map(|alias| &alias[..])))
    .execute(tx)
    .await?;
    Ok(inserted > 0)
}

/// Returns how many networks the open reports came from. They are the newest `open` reports, not those after the time
/// of the last review, because the clocks of replicas may differ. Reports that earlier releases stored have no network,
/// and each counts as a network of its own.
async fn networks(tx: &mut Connection<'_>, report: &Report, open: i64) -> Result<i64> {
    let row = Statement::new(
        "select count(distinct coalesce(n.network, n.reporter)) as networks from (
            select r.network, r.reporter from reports r where r.site_id = :site and r.comment_id = :comment
            order by r.created_at desc limit :open) n",
    )
    .bind("site", &report.site)
    .bind("comment", report.comment)
    .bind("open", open)
    .fetch_one(tx)
    .await?;
    row.fields().get("networks")
}

/// Adds a note. The stored response contains no text, because an erasure would not reach it. A replay reads the text
/// from the note.
async fn add_note(tx: &mut Connection<'_>, new: &NewNote) -> Result<ModeratorNote> {
    if let Some(first) = request::replay::<ModeratorNote>(tx, &new.site, new.request.as_ref()).await? {
        let row = Statement::new("select text from notes where site_id = :site and note_id = :note");
        let row = row.bind("site", &new.site).bind("note", first.id).fetch_optional(tx).await?;
        let text = row.map(|row| row.fields().get("text")).transpose()?.unwrap_or_default();
        return Ok(ModeratorNote { text, ..first });
    }
    let inserted = Statement::new(
        "insert into notes (site_id, note_id, comment_id, at, actor, text)
        select c.site_id, :note, c.comment_id, :at, :actor, :text
        from comments c where c.site_id = :site and c.comment_id = :comment",
    )
    .bind("note", new.note.id)
    .bind("at", new.note.at)
    .bind("actor", &new.note.actor)
    .bind("text", &new.note.text)
    .bind("site", &new.site)
    .bind("comment", new.comment)
    .execute(&mut *tx)
    .await?;
    if inserted == 0 {
        return Err(Error::CommentNotFound(new.comment));
    }
    if let Some(request) = &new.request {
        let row = outcome::answered(request, &ModeratorNote { text: String::new(), ..new.note.clone() })?;
        request::insert(tx, &new.site, &row, new.note.id, new.note.at).await?;
    }
    Ok(new.note.clone())
}

//! Writes of decisions, in sets. All rows are already locked except those of articles, which are locked last.

use super::{
    Connection, List, Rows, Statement, audit,
    change_feed::{self, NewChange},
    counts,
    stats_changes::{self, StatsChanges},
};
use crate::{
    domain::{Result, audit::Judge, id::SiteId},
    store::outcome::ChangedComment,
};

/// Writes changed comments and everything that belongs to a change: it ends claims, and writes statistics, audit
/// entries, change-feed rows and public counts.
pub(in crate::store) async fn write(tx: &mut Connection<'_>, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    if outcomes.is_empty() {
        return Ok(());
    }
    update_comments(tx, site, outcomes).await?;
    let entries = outcomes.iter().map(|outcome| &outcome.entry);
    stats_changes::append_overturned(tx, site, entries.clone()).await?;
    audit::insert_all(tx, site, entries).await?;
    announce(tx, site, outcomes).await?;
    let changes = outcomes.iter().map(|outcome| (&outcome.comment, outcome.public_change()));
    counts::add(tx, site, changes).await
}

/// Updates the comments, and deletes their claims. A claim's row needs no lock of its own, because the lock of its
/// comment protects it. The same statement appends the statistics.
async fn update_comments(tx: &mut Connection<'_>, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    let comments = outcomes.iter().map(|outcome| &outcome.comment);
    let takedowns = comments.clone().map(|comment| comment.attention.takedown);
    let rows = Rows::new()
        .column("comment_id", List::uuids(comments.clone().map(|comment| comment.id.0)))
        .column("status", List::texts(comments.clone().map(|comment| comment.status.as_str())))
        .column("revision", List::longs(comments.clone().map(|comment| comment.revision)))
        .column("reviewed_at", List::times(comments.clone().map(|comment| comment.reviewed_at)))
        .column("published_at", List::times(comments.clone().map(|comment| comment.published_at)))
        .column("flagged_at", List::times(comments.clone().map(|comment| comment.attention.flagged_at)))
        .column("open_reports", List::ints(comments.clone().map(|comment| comment.attention.open_reports)))
        .column("takedown_kind", List::texts(takedowns.clone().map(|takedown| takedown.map(|one| one.kind.as_str()))))
        .column("due_at", List::times(takedowns.map(|takedown| takedown.map(|one| one.due_at))))
        .column("judged_anew", List::flags(outcomes.iter().map(ChangedComment::replaces_judge)))
        .column("judged_by", List::texts(outcomes.iter().map(|outcome| outcome.entry.judge().map(Judge::as_str))));
    let stats = StatsChanges::of_outcomes(site, outcomes);
    Statement::new(
        "{with ended as (delete from claims k where k.site_id = :site and k.comment_id = any (:ids)), counted as (
            | delete from claims where site_id = :site and comment_id in :ids; }",
    )
    .push(stats_changes::INSERT)
    .push(
        "{) | ; }
        update comments as c set status = i.status, revision = i.revision, reviewed_at = i.reviewed_at,
            published_at = i.published_at, flagged_at = i.flagged_at, open_reports = i.open_reports,
            takedown_kind = i.takedown_kind, due_at = i.due_at,
            judged_by = case when i.judged_anew then i.judged_by else c.judged_by end
        from :rows i where c.site_id = :site and c.comment_id = i.comment_id",
    )
    .bind("site", site)
    .bind("ids", List::uuids(comments.map(|comment| comment.id.0)))
    .bind("changes", stats.rows())
    .bind("rows", rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds change-feed rows for those outcomes that belong in the feed.
pub(super) async fn announce(tx: &mut Connection<'_>, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    let news = outcomes.iter().filter(|outcome| outcome.is_news()).map(|outcome| NewChange {
        site,
        kind: outcome.kind(),
        comment: Some(outcome.comment.id),
        article: Some(&outcome.comment.article),
        revision: outcome.comment.revision,
        at: outcome.entry.at,
    });
    change_feed::add(tx, &news.collect::<Vec<_>>()).await
}

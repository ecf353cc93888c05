//! Takedown deadlines of comments.

use super::{Connection, Statement, audit, decision, outcomes, request, stats_changes::StatsChanges};
use crate::{
    domain::{
        Error, Result,
        report::{Escalated, Escalation},
    },
    store::outcome,
};

/// Sets a takedown deadline and flags the comment.
///
/// Fails with `CommentNotFound`, `NotRevertible` (if the comment is erased) or `RequestIdReused`.
pub(super) async fn escalate(tx: &mut Connection<'_>, escalation: &Escalation) -> Result<Escalated> {
    let Escalation { site, comment: id, takedown, request, .. } = escalation;
    let found = decision::lock(tx, site, &[*id]).await?.remove(id);
    if let Some(first) = request::replay(tx, site, request.as_ref()).await? {
        return Ok(first);
    }
    let (escalated, outcome) = outcome::escalate(escalation, found.ok_or(Error::CommentNotFound(*id))?)?;
    Statement::new(
        "update comments set flagged_at = :flagged_at, takedown_kind = :kind, due_at = :due_at
        where site_id = :site and comment_id = :comment",
    )
    .bind("flagged_at", outcome.comment.attention.flagged_at)
    .bind("kind", takedown.kind.as_str())
    .bind("due_at", takedown.due_at)
    .bind("site", site)
    .bind("comment", *id)
    .execute(&mut *tx)
    .await?;
    audit::insert(tx, site, &outcome.entry).await?;
    let at = outcome.entry.at;
    let outcome = [outcome];
    StatsChanges::of_outcomes(site, &outcome).append(tx).await?;
    outcomes::announce(tx, site, &outcome).await?;
    if let Some(request) = request {
        let row = outcome::answered(request, &escalated)?;
        request::insert(tx, site, &row, request.id, at).await?;
    }
    Ok(escalated)
}

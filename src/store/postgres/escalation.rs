//! Demands that a comment be taken down.

use super::{audit, decision, outcomes, request, session::Session};
use crate::{
    domain::{
        Error, Result,
        report::{Escalated, Escalation},
    },
    store::outcome,
};

const UPDATE: &str = "update comments set flagged_at = $3, takedown_kind = $4, due_at = $5
    where site_id = $1 and comment_id = $2";

pub(super) async fn escalate(tx: &mut Session, escalation: &Escalation) -> Result<Escalated> {
    let Escalation { site, comment: id, takedown, request, .. } = escalation;
    let found = decision::lock(tx, site, &[*id]).await?.remove(id);
    if let Some(first) = request::replay(tx, site, request.as_ref()).await? {
        return Ok(first);
    }
    let (escalated, outcome) = outcome::escalate(escalation, found.ok_or(Error::CommentNotFound(*id))?)?;
    sqlx::query(UPDATE)
        .bind(site.as_str())
        .bind(id.0)
        .bind(outcome.comment.attention.flagged_at)
        .bind(takedown.kind.as_str())
        .bind(takedown.due_at)
        .execute(&mut *tx)
        .await?;
    audit::insert(tx, site, &outcome.entry).await?;
    let at = outcome.entry.at;
    outcomes::tell(tx, site, &[outcome]).await?;
    if let Some(request) = request {
        let row = outcome::answered(request, &escalated)?;
        request::insert(tx, site, &row, request.id, at).await?;
    }
    Ok(escalated)
}

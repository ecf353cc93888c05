//! Rows of learned models and of the decision log, for both databases.

use super::{parse, rows::Read};
use crate::domain::{
    Result,
    comment::FormText,
    id::{CommentId, SiteId},
    spam::{ModelHead, lessons::Logged},
};

/// Columns: site, version, start and size of the log, decisions, digest, time made.
pub(super) fn head(columns: &mut impl Read) -> Result<(SiteId, ModelHead)> {
    let site = parse::site(&columns.text()?)?;
    let head = ModelHead {
        version: columns.long()?,
        log_start: columns.time()?,
        log_size: columns.long()?,
        decisions: columns.long()?,
        digest: columns.bytes()?,
        made_at: columns.time()?,
    };
    Ok((site, head))
}

/// Columns: id, time, actor, action, reason, reverted entry, comment, skeleton.
pub(super) fn logged(columns: &mut impl Read) -> Result<Logged> {
    Ok(Logged {
        id: columns.uuid()?,
        at: columns.time()?,
        actor: columns.text()?,
        action: parse::named(&columns.text()?)?,
        reason: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        reverts: columns.maybe_uuid()?,
        comment: CommentId(columns.uuid()?),
        skeleton: columns.bytes()?,
    })
}

/// Columns: comment, name, title, content.
pub(super) fn text(columns: &mut impl Read) -> Result<(CommentId, FormText)> {
    let id = CommentId(columns.uuid()?);
    Ok((id, FormText { author_name: columns.text()?, title: columns.text()?, content: columns.text()? }))
}

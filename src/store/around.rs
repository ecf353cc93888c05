//! What is known around a comment: rows of several kinds from one statement, told apart by their first column.

use std::cmp::Reverse;

use super::{
    parse,
    rows::{self, Read},
};
use crate::domain::{
    Error, Result,
    case::{AuthorHistory, CaseDetails},
    report::{ModeratorNote, ReportCount},
    text,
};

/// Most other comments of one kind.
pub(super) const COMMENTS: i64 = 10;
/// Most decisions.
pub(super) const DECISIONS: i64 = 100;
/// Most notes of moderators.
pub(super) const NOTES: i64 = 100;
/// Most notes of reporters.
pub(super) const REPORT_NOTES: i64 = 10;

/// Adds a row of `kind` and `comment_columns!`.
pub(super) fn add_comment(details: &mut CaseDetails, columns: &mut impl Read) -> Result<()> {
    let kind = columns.text()?;
    let mut comment = rows::comment(columns)?;
    comment.content = text::excerpt(comment.content);
    match kind.as_str() {
        "SIBLING" => details.siblings.push(comment),
        "AUTHOR" => details.author_comments.push(comment),
        "ANSWERED" => details.answered = Some(comment),
        _ => return Err(Error::internal(format!("`{kind}` is no kind of comment"))),
    }
    Ok(())
}

/// Newest first: a union promises no order.
pub(super) fn sort_comments(details: &mut CaseDetails) {
    for comments in [&mut details.siblings, &mut details.author_comments] {
        comments.sort_by_key(|comment| Reverse((comment.created_at, comment.id)));
    }
}

/// Adds a row of `kind, id, at, label, text, count`.
pub(super) fn add_remark(details: &mut CaseDetails, columns: &mut impl Read) -> Result<()> {
    let kind = columns.text()?;
    let (id, at) = (columns.maybe_uuid()?, columns.maybe_time()?);
    let (label, text, count) = (columns.maybe_text()?, columns.text()?, columns.long()?);
    match (kind.as_str(), id.zip(at)) {
        ("NOTE", Some((id, at))) => {
            details.notes.push(ModeratorNote { id, at, actor: label.unwrap_or_default(), text });
        }
        ("REPORT", _) => details.report_notes.push(text),
        ("COUNT", _) => {
            let reason = parse::maybe_named(label.as_deref())?;
            details.report_counts.push(ReportCount { reason, count: parse::small(count) });
        }
        _ => return Err(Error::internal(format!("`{kind}` is no kind of remark"))),
    }
    Ok(())
}

/// The same author's other comments by where they stand, of `approved, rejected, spam, pending`.
pub(super) fn history(columns: &mut impl Read, author: String) -> Result<AuthorHistory> {
    let mut next = || columns.long().map(parse::small);
    Ok(AuthorHistory { approved: next()?, rejected: next()?, spam: next()?, pending: next()?, author })
}

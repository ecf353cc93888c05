//! Terms as rows, and what a change of one writes, worked out once for both databases.

use super::{model, parse, rows::Read};
use crate::domain::{
    Error, Result,
    audit::AuditEntry,
    page::Cursor,
    spam::{MAX_TERMS, PastComment, Term, TermChange, TermDraft},
    violation::Problem,
};

/// Of `term_columns!`.
pub(super) fn term(columns: &mut impl Read) -> Result<Term> {
    Ok(Term {
        id: columns.uuid()?,
        pattern: columns.text()?,
        tier: parse::named(&columns.text()?)?,
        state: parse::named(&columns.text()?)?,
        weight: columns.real()?,
        note: columns.text()?,
        revision: columns.long()?,
        updated_by: columns.text()?,
        updated_at: columns.time()?,
    })
}

/// Columns: comment, name, title, content, status, time.
pub(super) fn past(columns: &mut impl Read) -> Result<PastComment> {
    let (id, text) = model::text(columns)?;
    Ok(PastComment { id, text, status: parse::named(&columns.text()?)?, at: columns.time()? })
}

/// What is to be written about a term.
#[derive(Debug)]
pub(super) enum Deed {
    List,
    Change,
    TakeOff,
}

/// What the change of `current` writes, and the term after it.
///
/// Fails with `TermNotFound`, `StaleTerm`.
pub(super) fn changed(current: Option<Term>, change: &TermChange) -> Result<(Deed, Term)> {
    let expected = change.expected_revision;
    let (deed, term) = match (current, &change.to) {
        (None, Some(draft)) if expected == 0 => (Deed::List, drafted(change, draft)),
        (None, _) => return Err(Error::TermNotFound(change.id)),
        (Some(current), _) if current.revision != expected => {
            return Err(Error::StaleTerm { current: current.revision });
        }
        (Some(_), Some(draft)) => (Deed::Change, drafted(change, draft)),
        (Some(current), None) => (Deed::TakeOff, current),
    };
    let AuditEntry { actor, at, .. } = &change.entry;
    Ok((deed, Term { revision: expected + 1, updated_by: actor.clone(), updated_at: *at, ..term }))
}

fn drafted(change: &TermChange, draft: &TermDraft) -> Term {
    let TermDraft { pattern, tier, state, weight, note } = draft.clone();
    let AuditEntry { actor, at, .. } = &change.entry;
    Term { id: change.id, pattern, tier, state, weight, note, revision: 1, updated_by: actor.clone(), updated_at: *at }
}

/// The audit entry of a change that made `term`.
pub(super) fn entry(change: &TermChange, term: &Term) -> AuditEntry {
    AuditEntry { revision: term.revision, note: term.described(), ..change.entry.clone() }
}

/// Notes when a site has all the terms that it may have.
pub(super) fn check_room(listed: i64) -> Result<()> {
    let full = usize::try_from(listed).is_ok_and(|listed| listed >= MAX_TERMS);
    if full { Err(Error::invalid("term", Problem::TooMany { limit: MAX_TERMS })) } else { Ok(()) }
}

/// The tier has the pattern already.
pub(super) fn repeated() -> Error {
    Error::invalid("term.pattern", Problem::Repeated)
}

/// Where a page of terms continues.
pub(super) fn cursor(term: &Term) -> Cursor {
    Cursor { at: term.updated_at, id: term.id, score: 0.0 }
}

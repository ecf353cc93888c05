//! Computes what a change of a term writes.

use crate::domain::{
    Error, Result,
    audit::AuditEntry,
    page::Cursor,
    spam::{MAX_TERMS, Term, TermChange, TermDraft},
    violation::Problem,
};

/// The kind of write for a term.
#[derive(Debug)]
pub(super) enum TermWrite {
    Add,
    Change,
    Remove,
}

/// Fails with `TermNotFound` or `StaleTerm`.
pub(super) fn changed(current: Option<Term>, change: &TermChange) -> Result<(TermWrite, Term)> {
    let expected = change.expected_revision;
    let (write, term) = match (current, &change.to) {
        (None, Some(draft)) if expected == 0 => (TermWrite::Add, drafted(change, draft)),
        (None, _) => return Err(Error::TermNotFound(change.id)),
        (Some(current), _) if current.revision != expected => {
            return Err(Error::StaleTerm { current: current.revision });
        }
        (Some(_), Some(draft)) => (TermWrite::Change, drafted(change, draft)),
        (Some(current), None) => (TermWrite::Remove, current),
    };
    let AuditEntry { actor, at, .. } = &change.entry;
    Ok((write, Term { revision: expected + 1, updated_by: actor.clone(), updated_at: *at, ..term }))
}

fn drafted(change: &TermChange, draft: &TermDraft) -> Term {
    let TermDraft { pattern, tier, state, weight, note } = draft.clone();
    let AuditEntry { actor, at, .. } = &change.entry;
    Term { id: change.id, pattern, tier, state, weight, note, revision: 1, updated_by: actor.clone(), updated_at: *at }
}

pub(super) fn entry(change: &TermChange, term: &Term) -> AuditEntry {
    AuditEntry { revision: term.revision, note: term.described(), ..change.entry.clone() }
}

/// Returns an error when the site already has [`MAX_TERMS`] terms.
pub(super) fn check_capacity(listed: i64) -> Result<()> {
    let full = usize::try_from(listed).is_ok_and(|listed| listed >= MAX_TERMS);
    if full { Err(Error::invalid("term", Problem::TooMany { limit: MAX_TERMS })) } else { Ok(()) }
}

/// Returns the error for a pattern that the tier already has.
pub(super) fn repeated() -> Error {
    Error::invalid("term.pattern", Problem::Repeated)
}

pub(super) fn cursor(term: &Term) -> Cursor {
    Cursor { at: term.updated_at, id: term.id, score: 0.0 }
}

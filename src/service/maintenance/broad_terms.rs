//! Puts terms on trial that hold too many comments.

use chrono::{DateTime, Duration, Utc};

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{
        Error, Result,
        actor::SYSTEM,
        audit::{AuditAction, AuditEntry},
        id::SiteId,
        spam::{
            PastComment, Term, TermChange, TermDraft, TermSet, TermState,
            trial::{self, TooBroad},
        },
    },
    ops::metric,
    service::{blocking::blocking, clock::Now, ids::new_id, rules::MOST_TRIED},
};

/// The period in days, and the maximum number of received comments in it, that decide whether a term is too broad.
const BROAD_DAYS: i64 = 7;
const MOST_RECEIVED: usize = 2_000;

impl Maintenance {
    /// Puts terms on trial that hold too many comments. A term that is changed concurrently is skipped.
    pub(super) async fn put_broad_terms_on_trial(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let (site, now) = (run.site, clock());
        let terms = self.core.store.all_terms(site).await?;
        if terms.iter().all(|term| term.state != TermState::Enforce) {
            return Ok(true);
        }
        let since = now - Duration::days(BROAD_DAYS);
        let decided = self.core.store.decided_comments(site, since, MOST_TRIED).await?;
        let received = self.core.store.received_comments(site, since, MOST_RECEIVED).await?;
        let (terms, broad) = blocking(move || broad_terms(terms, &decided, &received)).await??;
        for one in broad {
            let Some(term) = terms.iter().find(|term| term.id == one.term) else { continue };
            match self.core.store.change_term(&put_on_trial(site, term, clock())).await {
                Ok(_) => {
                    let TooBroad { decided, approved, met, received, .. } = one;
                    tracing::warn!(%site, term = %term.id, decided, approved, met, received, "a term was put on trial because it holds too many comments");
                    metric::term_put_on_trial(site);
                }
                Err(Error::StaleTerm { .. } | Error::TermNotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.core.assessor.load_terms().await?;
        Ok(true)
    }
}

fn broad_terms(
    terms: Vec<Term>,
    decided: &[PastComment],
    received: &[PastComment],
) -> Result<(Vec<Term>, Vec<TooBroad>)> {
    let broad = trial::too_broad(&terms, &TermSet::compile(&terms)?, decided, received);
    Ok((terms, broad))
}

fn put_on_trial(site: &SiteId, term: &Term, now: DateTime<Utc>) -> TermChange {
    let Term { id, pattern, tier, weight, note, revision, .. } = term.clone();
    TermChange {
        site: site.clone(),
        id,
        to: Some(TermDraft { pattern, tier, state: TermState::Shadow, weight, note }),
        expected_revision: revision,
        entry: AuditEntry::new(new_id(now), AuditAction::StandDownTerm, SYSTEM, now),
        request: None,
    }
}

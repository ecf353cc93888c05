//! Trials of terms and rules on past decisions, and the explanation of one text's score. Reading a site's past takes
//! a core for a while, so it runs on the blocking thread pool.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Rules, terms::PutTermRequest};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        comment::FormText,
        lifecycle::Status,
        spam::{
            Assessment, FormSignals, Reading, SpamVerdict, Term, TermDraft, TermSet, TermState, term_key,
            trial::{self, Collisions, Replay},
            verdict,
        },
        violation::Problem,
    },
    service::{
        blocking::blocking,
        core::concurrency_limits::{Cost, Expensive},
        ids::new_id,
    },
};

/// Maximum number of decided comments that a term is tried on. Ten thousand take a second.
pub const MOST_TRIED: usize = 10_000;

/// The assessment of one text.
pub struct Assessed {
    pub assessment: Assessment,
    /// What HYBRID would do.
    pub verdict: SpamVerdict,
    /// Number of decisions that the learned score is based on, and the version of its model. Both are 0 while only the
    /// rules score.
    pub decisions: i64,
    pub model_version: i64,
}

impl Rules {
    /// Assesses a text as a submit would, without the signals that only a submit has.
    ///
    /// # Errors
    /// `Overloaded` when the caller's limit of expensive calls is reached.
    pub fn assess_text(&self, caller: &Arc<Caller>, text: &FormText) -> Result<Expensive<Assessed>> {
        let (site, permit) = (&caller.site, self.core.expensive.take(caller, Cost::Search)?);
        let assessment = self.core.assessor.assess(site, &Reading::of(text), &FormSignals::default());
        let verdict = verdict(&assessment, self.core.assessor.thresholds(site));
        let learned = self.core.assessor.learned(site).filter(|learned| learned.model.is_ready());
        let decisions =
            learned.as_ref().map_or(0, |learned| i64::try_from(learned.model.decisions()).unwrap_or(i64::MAX));
        let model_version = learned.map_or(0, |learned| learned.head.version);
        Ok(Expensive::new(Assessed { assessment, verdict, decisions, model_version }, Some(permit)))
    }

    /// Returns the recent approved comments that a term would have matched if it had been in force, and the term as
    /// it would be stored. Writes nothing.
    ///
    /// # Errors
    /// `TermNotFound`, `StaleTerm`, `Invalid` when the tier has the pattern already, and `Overloaded`.
    pub async fn try_term(
        &self,
        caller: &Arc<Caller>,
        request: &PutTermRequest,
        now: DateTime<Utc>,
    ) -> Result<Expensive<(Term, Collisions)>> {
        let (site, permit) = (&caller.site, self.core.expensive.take(caller, Cost::Past)?);
        let terms = self.core.store.all_terms(site).await?;
        let term = drafted(&terms, request, now)?;
        let mut approved = self.core.store.decided_comments(site, DateTime::UNIX_EPOCH, MOST_TRIED).await?;
        approved.retain(|comment| comment.status == Status::Approved);
        let thresholds = self.core.defaults.get().thresholds;
        let alone = [Term { state: TermState::Enforce, ..term.clone() }];
        // The permit is moved into the task, so that it is held to the end even if the call is cancelled.
        let report = blocking(move || {
            let collisions = TermSet::compile(&alone).map(|set| trial::collisions(&set, &approved, thresholds));
            (collisions, permit)
        });
        let (collisions, permit) = report.await?;
        Ok(Expensive::new((term, collisions?), Some(permit)))
    }

    /// Compares rules and terms, including `with` as if it were stored, with the last `limit` decided comments. The
    /// model is left out, because it learned from these very decisions.
    ///
    /// # Errors
    /// The errors of [`Rules::try_term`].
    pub async fn replay_rules(
        &self,
        caller: &Arc<Caller>,
        with: Option<&PutTermRequest>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Expensive<Replay>> {
        let (site, permit) = (&caller.site, self.core.expensive.take(caller, Cost::Past)?);
        let mut terms = self.core.store.all_terms(site).await?;
        if let Some(request) = with {
            let term = drafted(&terms, request, now)?;
            terms.retain(|other| other.id != term.id);
            terms.push(term);
        }
        let decided = self.core.store.decided_comments(site, DateTime::UNIX_EPOCH, limit).await?;
        let thresholds = self.core.defaults.get().thresholds;
        let replay = blocking(move || {
            let replay = TermSet::compile(&terms).map(|set| Replay::of(&set, &decided, thresholds));
            (replay, permit)
        });
        let (replay, permit) = replay.await?;
        Ok(Expensive::new(replay?, Some(permit)))
    }
}

/// Returns the term that `request` would create or make of `terms`.
fn drafted(terms: &[Term], request: &PutTermRequest, now: DateTime<Utc>) -> Result<Term> {
    let PutTermRequest { id, revision, draft, .. } = request.clone();
    if let Some(id) = id {
        let current = terms.iter().find(|term| term.id == id).ok_or(Error::TermNotFound(id))?;
        if current.revision != revision {
            return Err(Error::StaleTerm { current: current.revision });
        }
    }
    let key = term_key(&draft.pattern);
    let is_duplicate = |term: &Term| term.tier == draft.tier && Some(term.id) != id && term.key() == key;
    if terms.iter().any(is_duplicate) {
        return Err(Error::invalid("term.pattern", Problem::Repeated));
    }
    let TermDraft { pattern, tier, state, weight, note } = draft;
    let id = id.unwrap_or_else(|| new_id(now));
    Ok(Term {
        id,
        pattern,
        tier,
        state,
        weight,
        note,
        revision: revision + 1,
        updated_by: String::new(),
        updated_at: now,
    })
}

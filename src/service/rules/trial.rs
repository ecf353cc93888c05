//! Terms and rules tried on what people decided, and one text explained. Reading a site's past takes a core for a while, so it is
//! done beside the calls.

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

/// Decided comments that a term is tried on: ten thousand take a second.
pub const MOST_TRIED: usize = 10_000;

/// What the service thinks of one text.
pub struct Assessed {
    pub assessment: Assessment,
    /// What HYBRID would do.
    pub verdict: SpamVerdict,
    /// Decisions behind the learned score, 0 while rules judge alone, and the model's version.
    pub decisions: i64,
    pub model_version: i64,
}

impl Rules {
    /// Judges a text as a submit would, without what only the moment of a submit tells.
    ///
    /// # Errors
    /// `Overloaded` beyond the caller's share of expensive calls.
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

    /// What a term would have met among the last approved comments, were it in force; and the term as it would be. Writes nothing.
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
        // The permit moves along: it is held to the end, also when the caller is gone.
        let report = blocking(move || {
            let collisions = TermSet::compile(&alone).map(|set| trial::collisions(&set, &approved, thresholds));
            (collisions, permit)
        });
        let (collisions, permit) = report.await?;
        Ok(Expensive::new((term, collisions?), Some(permit)))
    }

    /// What rules and terms, and `with` as if it were put, say of the last `limit` comments that people decided about. The model stays
    /// out of it: it learned from these very decisions.
    ///
    /// # Errors
    /// As [`Rules::try_term`].
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

/// The term that `request` would make of `terms`.
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

//! Claims comments before the moderator reaches them, renews the claims, and counts the queue.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{
        event::{CallError, ClaimResponse, Effect},
        held::HeldComment,
        message::Message,
        outbox::backoff,
    },
    claim_schedule::ClaimInFlight,
    machine::{State, unhandled},
};
use duyet_proto::v1;

/// More comments are claimed if fewer than this number follow the one on the screen.
const LOW: usize = 5;
/// Number of comments in a claim.
const BATCH: i32 = 10;
/// Largest number of claims that the service renews in one call.
const MOST_RENEWED: usize = 50;
/// Pause before the next claim if the service returned fewer comments than requested.
const POLL: TimeDelta = TimeDelta::seconds(5);
/// Largest total that is exact. A greater value means only that the queue holds more than this.
pub(in crate::triage) const EXACT_TOTAL: i64 = 1_000;
/// Interval between two counts of the queue.
const COUNT: TimeDelta = TimeDelta::seconds(10);

impl State {
    pub(super) fn claim(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.claims.is_in_flight() || now < self.claims.not_before {
            return None;
        }
        let for_more = self.held.current_id().is_none() || self.held.ready() < LOW;
        let half = now + self.options.lease / 2;
        let renews = self.held.to_renew(half, MOST_RENEWED, |id| self.outbox.is_about(id));
        if !for_more && renews.is_empty() {
            return None;
        }
        // A decision ends the claim, so after a revert there may be nothing to renew. The comment is then requested
        // like a new one. It has waited longer than most of the queue, so with the default order (oldest first) it is
        // among the first comments of the response.
        let again = self.held.to_claim_again(half, |id| self.outbox.is_about(id));
        let limit = if for_more { BATCH } else { i32::try_from(again).unwrap_or(BATCH).min(BATCH) };
        let request = v1::ClaimNextRequest {
            filter: Some(self.options.filter.clone()),
            limit,
            lease: Some(prost_types::Duration { seconds: self.options.lease.num_seconds(), nanos: 0 }),
            order: self.options.order.into(),
            renew: renews.clone(),
        };
        self.claims.in_flight = Some(ClaimInFlight { sent_at: now, for_more, limit, renews, decided: vec![] });
        Some(Effect::Claim(request))
    }

    pub(super) fn claimed(&mut self, answer: Result<ClaimResponse, CallError>, now: DateTime<Utc>) {
        let Some(asked) = self.claims.in_flight.take() else { return };
        match answer {
            Ok(claimed) => self.take_claimed(claimed, &asked, now),
            Err(error) => {
                self.claims.tries = self.claims.tries.saturating_add(1);
                let wait = match &error {
                    CallError::Unavailable { after, .. } => after.unwrap_or_default(),
                    CallError::Failed(_) | CallError::Denied(_) => TimeDelta::zero(),
                };
                self.claims.not_before = now + backoff(self.claims.tries).max(wait);
                // Without claims the session cannot continue.
                if let Some(failure) = unhandled(self, error, now) {
                    self.end(failure);
                }
            }
        }
    }

    fn take_claimed(&mut self, claimed: ClaimResponse, asked: &ClaimInFlight, now: DateTime<Utc>) {
        self.is_back(now);
        self.claims.tries = 0;
        let is_dry = claimed.cases.len() < usize::try_from(asked.limit).unwrap_or_default();
        self.claims.not_before = if asked.for_more && is_dry { now + POLL } else { now };
        let until = asked.sent_at + self.options.lease;
        // The response is stale for comments that were decided since the request.
        let is_settled = |id: &&String| !asked.decided.contains(id) && !self.outbox.is_about(id);
        let given = claimed.cases.iter().filter_map(|case| Some(&case.comment.as_ref()?.id));
        let ours = claimed.renewed.iter().chain(given).filter(is_settled).cloned().collect::<Vec<_>>();
        let asked_for = asked.renews.iter().filter(is_settled).cloned().collect::<Vec<_>>();
        if self.held.renewed(&asked_for, &ours, is_dry, until) {
            self.say(Message::alert("triage-lost"));
        }
        for case in claimed.cases {
            if let Some(name) = case.claim.as_ref().map(|claim| claim.moderator.clone()).filter(|name| !name.is_empty())
            {
                self.me = name;
            }
            let Some(held) = HeldComment::new(case, until) else { continue };
            let id = &held.comment.id;
            let is_known = self.held.contains(id) || self.outbox.is_about(id) || asked.decided.contains(id);
            if !is_known {
                self.held.add(held);
            }
        }
    }

    pub(super) fn count(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.claims.is_counting || now < self.claims.count_at {
            return None;
        }
        self.claims.is_counting = true;
        Some(Effect::Count)
    }

    pub(super) fn counted(&mut self, answer: Result<i64, CallError>, now: DateTime<Utc>) {
        self.claims.is_counting = false;
        self.claims.count_at = now + COUNT;
        match answer {
            Ok(total) => {
                self.is_back(now);
                // Subtracts unsent decisions from an exact total.
                let decided = i64::try_from(self.outbox.decisions()).unwrap_or(i64::MAX);
                let is_exact = total <= EXACT_TOTAL;
                self.waiting = Some(if is_exact { total.saturating_sub(decided).max(0) } else { total });
            }
            Err(error) => {
                // A failed count does not end the session.
                let _ = unhandled(self, error, now);
            }
        }
    }
}

//! Claims ahead: comments are fetched before the moderator wants them, held while they wait, and counted.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{
        event::{Claimed, Effect, Trouble},
        hand::Held,
        message::Message,
        outbox::backoff,
    },
    State, refusal,
};
use duyet_proto::v1;

/// With fewer comments than this behind the one on the screen, more are claimed.
const LOW: usize = 5;
/// How many are claimed at a time.
const BATCH: i32 = 10;
/// The service renews so many at a time.
const MOST_RENEWED: usize = 50;
/// How often to look again while the queue has nothing more.
const POLL: TimeDelta = TimeDelta::seconds(5);
/// How often to ask how many wait.
const COUNT: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug)]
pub(super) struct Claims {
    under_way: Option<UnderWay>,
    not_before: DateTime<Utc>,
    tries: u32,
    is_counting: bool,
    count_at: DateTime<Utc>,
}

/// A claim that is not answered yet.
#[derive(Debug)]
struct UnderWay {
    sent_at: DateTime<Utc>,
    /// True when new comments were asked for.
    for_more: bool,
    /// How many new ones at most.
    limit: i32,
    renews: Vec<String>,
    /// Decided since: the answer may be older.
    decided: Vec<String>,
}

impl Claims {
    pub(super) const fn new(now: DateTime<Utc>) -> Self {
        Self { under_way: None, not_before: now, tries: 0, is_counting: false, count_at: now }
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    pub(super) fn hurry(&mut self, now: DateTime<Utc>) {
        self.not_before = self.not_before.min(now);
        self.count_at = self.count_at.min(now);
    }

    pub(super) fn note_decided(&mut self, id: &str) {
        if let Some(under_way) = &mut self.under_way {
            under_way.decided.push(id.to_owned());
        }
    }
}

impl State {
    /// The claim to make now, if any.
    pub(super) fn claim(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.claims.is_under_way() || now < self.claims.not_before {
            return None;
        }
        let for_more = self.hand.current_id().is_none() || self.hand.ready() < LOW;
        let half = now + self.orders.lease / 2;
        let renews = self.hand.to_renew(half, MOST_RENEWED, |id| self.outbox.is_about(id));
        if !for_more && renews.is_empty() {
            return None;
        }
        // A decision ends the claim for good, so after an undo there may be nothing to renew: the comment is asked for like a new
        // one too. It was claimed before all that wait, so it is among the first of them.
        let anew = self.hand.to_claim_anew(half, |id| self.outbox.is_about(id));
        let limit = if for_more { BATCH } else { i32::try_from(anew).unwrap_or(BATCH).min(BATCH) };
        let request = v1::ClaimNextRequest {
            filter: Some(self.orders.filter.clone()),
            limit,
            lease: Some(prost_types::Duration { seconds: self.orders.lease.num_seconds(), nanos: 0 }),
            order: self.orders.order.into(),
            renew: renews.clone(),
        };
        self.claims.under_way = Some(UnderWay { sent_at: now, for_more, limit, renews, decided: vec![] });
        Some(Effect::Claim(request))
    }

    pub(super) fn claimed(&mut self, answer: Result<Claimed, Trouble>, now: DateTime<Utc>) {
        let Some(asked) = self.claims.under_way.take() else { return };
        match answer {
            Ok(claimed) => self.take_claimed(claimed, &asked, now),
            Err(trouble) => {
                self.claims.tries = self.claims.tries.saturating_add(1);
                let wait = match &trouble {
                    Trouble::Away { after, .. } => after.unwrap_or_default(),
                    Trouble::Refused(_) | Trouble::Denied(_) => TimeDelta::zero(),
                };
                self.claims.not_before = now + backoff(self.claims.tries).max(wait);
                // Without comments there is nothing to go on with.
                if let Some(failure) = refusal(self, trouble, now) {
                    self.end(failure);
                }
            }
        }
    }

    fn take_claimed(&mut self, claimed: Claimed, asked: &UnderWay, now: DateTime<Utc>) {
        self.is_back(now);
        self.claims.tries = 0;
        let is_dry = claimed.cases.len() < usize::try_from(asked.limit).unwrap_or_default();
        self.claims.not_before = if asked.for_more && is_dry { now + POLL } else { now };
        let until = asked.sent_at + self.orders.lease;
        // Of a comment decided meanwhile, and perhaps taken back, the answer says nothing.
        let is_settled = |id: &&String| !asked.decided.contains(id) && !self.outbox.is_about(id);
        let given = claimed.cases.iter().filter_map(|case| Some(&case.comment.as_ref()?.id));
        let ours = claimed.renewed.iter().chain(given).filter(is_settled).cloned().collect::<Vec<_>>();
        let asked_for = asked.renews.iter().filter(is_settled).cloned().collect::<Vec<_>>();
        if self.hand.renewed(&asked_for, &ours, is_dry, until) {
            self.say(Message::alert("triage-lost"));
        }
        for case in claimed.cases {
            if let Some(name) = case.claim.as_ref().map(|claim| claim.moderator.clone()).filter(|name| !name.is_empty())
            {
                self.me = name;
            }
            let Some(held) = Held::new(case, until) else { continue };
            let id = &held.comment.id;
            let is_known = self.hand.contains(id) || self.outbox.is_about(id) || asked.decided.contains(id);
            if !is_known {
                self.hand.add(held);
            }
        }
    }

    /// Asks how many wait, now and then.
    pub(super) fn count(&mut self, now: DateTime<Utc>) -> Option<Effect> {
        if self.claims.is_counting || now < self.claims.count_at {
            return None;
        }
        self.claims.is_counting = true;
        Some(Effect::Count)
    }

    pub(super) fn counted(&mut self, answer: Result<i64, Trouble>, now: DateTime<Utc>) {
        self.claims.is_counting = false;
        self.claims.count_at = now + COUNT;
        match answer {
            Ok(total) => {
                self.is_back(now);
                // What is decided here and not sent yet waits no more for this moderator.
                let decided = i64::try_from(self.outbox.decisions()).unwrap_or(i64::MAX);
                self.waiting = Some(total.saturating_sub(decided).max(0));
            }
            Err(trouble) => {
                // A number is no reason to stop.
                let _ = refusal(self, trouble, now);
            }
        }
    }
}

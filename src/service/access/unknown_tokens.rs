//! What tokens that this process does not know may cost the store.

use std::{collections::HashMap, net::IpAddr};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// Look-ups of tokens that this process does not know, in a second: of all, and of one peer. Tokens that are remembered are not
/// counted, so whoever guesses tokens costs the store no more than this, and others nothing.
const LOOK_UPS: u32 = 200;
pub(super) const LOOK_UPS_OF_PEER: u32 = 50;

/// How long an unknown token stays known as such, in seconds.
const REMEMBERED_SECONDS: i64 = 5;

/// Unknown tokens remembered at most.
const MAX_REMEMBERED: usize = 1_000;

/// What tokens that nobody knows here cost the store in this second, and those that the store did not know either.
#[derive(Default)]
pub(super) struct UnknownTokens {
    second: i64,
    all: u32,
    peers: HashMap<IpAddr, u32>,
    unknown: HashMap<Uuid, DateTime<Utc>>,
}

impl UnknownTokens {
    /// Whether the store may be asked about a token that `peer` shows.
    pub(super) fn may_look_up(&mut self, peer: IpAddr, now: DateTime<Utc>) -> bool {
        if self.second != now.timestamp() {
            (self.second, self.all) = (now.timestamp(), 0);
            self.peers.clear();
        }
        let of_peer = self.peers.get(&peer).copied().unwrap_or_default();
        if self.all >= LOOK_UPS || of_peer >= LOOK_UPS_OF_PEER {
            return false;
        }
        self.all += 1;
        self.peers.insert(peer, of_peer + 1);
        true
    }

    pub(super) fn contains(&self, id: Uuid, now: DateTime<Utc>) -> bool {
        self.unknown.get(&id).is_some_and(|until| now < *until)
    }

    pub(super) fn insert(&mut self, id: Uuid, now: DateTime<Utc>) {
        if self.unknown.len() >= MAX_REMEMBERED {
            self.unknown.clear();
        }
        self.unknown.insert(id, now + Duration::seconds(REMEMBERED_SECONDS));
    }
}

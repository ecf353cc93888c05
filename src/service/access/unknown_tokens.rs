//! Limits on the look-ups of tokens that this process has not cached.

use std::{collections::HashMap, net::IpAddr};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// Maximum numbers of look-ups of uncached tokens per second, in total and for one peer. Cached tokens are not counted,
/// so a caller that guesses tokens causes no more load than this, and denies no other caller's cached token.
const LOOK_UPS: u32 = 200;
pub(super) const LOOK_UPS_OF_PEER: u32 = 50;

/// How long a token that the store does not know is remembered as unknown, in seconds.
const REMEMBERED_SECONDS: i64 = 5;

/// Maximum number of unknown tokens remembered.
const MAX_REMEMBERED: usize = 1_000;

/// The look-ups of this second, and the tokens that the store did not know.
#[derive(Default)]
pub(super) struct UnknownTokens {
    second: i64,
    all: u32,
    peers: HashMap<IpAddr, u32>,
    unknown: HashMap<Uuid, DateTime<Utc>>,
}

impl UnknownTokens {
    /// Counts a look-up of a token that `peer` sent. Returns `false` when a limit is reached.
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

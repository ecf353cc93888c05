//! Permits that limit concurrent calls for each site and token, and for each peer.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::{access::Caller, id::SiteId};

/// Number of keys without permits that a map may keep, so that a key in use need not be allocated again at each call.
const IDLE_KEYS: usize = 1_024;

/// The total number of permits, and the maximum that one site and one token may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    pub all: usize,
    pub site: usize,
    pub token: usize,
}

/// Numbers of permits by key.
#[derive(Debug)]
struct CountsByKey<K>(HashMap<K, usize>);

impl<K> Default for CountsByKey<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> CountsByKey<K> {
    fn of(&self, key: &K) -> usize {
        self.0.get(key).copied().unwrap_or_default()
    }

    fn add(&mut self, key: &K) {
        if let Some(count) = self.0.get_mut(key) {
            *count += 1;
            return;
        }
        if self.0.len() >= IDLE_KEYS {
            self.0.retain(|_, count| *count > 0);
        }
        self.0.insert(key.clone(), 1);
    }

    fn subtract(&mut self, key: &K) {
        if let Some(count) = self.0.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }
}

#[derive(Debug, Default)]
struct HeldByCallers {
    all: usize,
    sites: CountsByKey<SiteId>,
    tokens: CountsByKey<Uuid>,
}

/// Permits that authenticated callers hold.
#[derive(Debug, Default)]
pub struct Permits(Mutex<HeldByCallers>);

impl Permits {
    /// Takes a permit for `who`. Returns `None` if none is left or the caller's site or token holds its share.
    pub fn take(self: &Arc<Self>, who: &Arc<Caller>, shares: Shares) -> Option<Permit> {
        let mut held = self.lock();
        let fits = held.all < shares.all
            && held.sites.of(&who.site) < shares.site
            && held.tokens.of(&who.token) < shares.token;
        if !fits {
            return None;
        }
        held.all += 1;
        held.sites.add(&who.site);
        held.tokens.add(&who.token);
        drop(held);
        Some(Permit { of: Arc::clone(self), who: Arc::clone(who) })
    }

    fn lock(&self) -> MutexGuard<'_, HeldByCallers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller's permit, which is released when it is dropped.
#[derive(Debug)]
pub struct Permit {
    of: Arc<Permits>,
    who: Arc<Caller>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.of.lock();
        held.all -= 1;
        held.sites.subtract(&self.who.site);
        held.tokens.subtract(&self.who.token);
    }
}

#[derive(Debug, Default)]
struct HeldByPeers {
    all: usize,
    peers: CountsByKey<IpAddr>,
}

/// Permits that network peers hold, whether or not they are authenticated.
#[derive(Debug, Default)]
pub struct PeerPermits(Mutex<HeldByPeers>);

impl PeerPermits {
    /// Takes one of `all` permits for `peer`, which may hold at most `each`. Returns `None` if either limit is reached.
    pub fn take(self: &Arc<Self>, peer: IpAddr, all: usize, each: usize) -> Option<PeerPermit> {
        let mut held = self.lock();
        if held.all >= all || held.peers.of(&peer) >= each {
            return None;
        }
        held.all += 1;
        held.peers.add(&peer);
        drop(held);
        Some(PeerPermit { of: Arc::clone(self), peer })
    }

    fn lock(&self) -> MutexGuard<'_, HeldByPeers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A peer's permit, which is released when it is dropped.
#[derive(Debug)]
pub struct PeerPermit {
    of: Arc<PeerPermits>,
    peer: IpAddr,
}

impl Drop for PeerPermit {
    fn drop(&mut self) {
        let mut held = self.of.lock();
        held.all -= 1;
        held.peers.subtract(&self.peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::Role;

    const SHARES: Shares = Shares { all: 4, site: 3, token: 2 };

    fn caller(site: &str, token: u128) -> Arc<Caller> {
        let site = SiteId::parse(site).unwrap();
        Arc::new(Caller { token: Uuid::from_u128(token), site, name: "lan".into(), role: Role::Moderator })
    }

    #[test]
    fn shares_limit_a_token_a_site_and_all_callers() {
        let permits = Arc::new(Permits::default());
        let first: Vec<_> = (0..3).map(|_| permits.take(&caller("hue", 1), SHARES)).collect();
        assert_eq!(first.iter().flatten().count(), 2, "one token gets at most its share");
        let second: Vec<_> = (0..2).map(|_| permits.take(&caller("hue", 2), SHARES)).collect();
        assert_eq!(second.iter().flatten().count(), 1, "one site gets at most its share");
        let third: Vec<_> = (0..2).map(|_| permits.take(&caller("vinh", 3), SHARES)).collect();
        assert_eq!(third.iter().flatten().count(), 1, "all callers together get at most all permits");
    }

    #[test]
    fn a_dropped_permit_can_be_taken_again() {
        let permits = Arc::new(Permits::default());
        for _ in 0..10 {
            let held: Vec<_> = (0..3).map(|_| permits.take(&caller("hue", 1), SHARES)).collect();
            assert_eq!(held.iter().flatten().count(), 2);
        }
        let peers = Arc::new(PeerPermits::default());
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let held: Vec<_> = (0..3).map(|_| peers.take(one, 3, 2)).collect();
        assert_eq!(held.iter().flatten().count(), 2);
        assert!(peers.take(other, 3, 2).is_some());
        drop(held);
        assert!(peers.take(one, 3, 2).is_some());
    }

    #[test]
    fn keys_without_permits_are_removed_when_there_are_many() {
        let permits = Arc::new(Permits::default());
        for token in 0..3_000 {
            permits.take(&caller("hue", token), SHARES).unwrap();
        }
        assert!(permits.lock().tokens.0.len() <= IDLE_KEYS);
    }
}

//! Access tokens, checked on every call.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::unknown_tokens::UnknownTokens;
use crate::{
    domain::{
        Error, Result,
        access::{AccessToken, Caller},
    },
    keyring::{Keyring, parse_access_token, same_hash},
    store::Store,
};

/// How long a checked token is cached before the store is asked again, in seconds. While the store is available, a
/// revocation takes effect within this time.
const BELIEVED_SECONDS: i64 = 5;

/// How much longer a cached token is accepted while the store cannot be asked, in seconds: enough for a restart of
/// the database.
const OUTAGE_SECONDS: i64 = 60;

/// Maximum number of cached tokens. Only tokens that exist are cached.
const MAX_REMEMBERED: usize = 1_000;

/// Retry-after of calls denied by the limit on look-ups, which counts by the second.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

/// The check of access tokens, with a cache in front of the store.
pub struct Authenticator {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
    remembered: Mutex<HashMap<Uuid, CachedToken>>,
    unknown: Mutex<UnknownTokens>,
}

/// A token as the store returned it. It is used without a look-up before the time `until`.
#[derive(Clone)]
struct CachedToken {
    token: Arc<AccessToken>,
    caller: Arc<Caller>,
    until: DateTime<Utc>,
}

impl CachedToken {
    fn new(token: AccessToken, now: DateTime<Utc>) -> Self {
        let caller =
            Arc::new(Caller { token: token.id, site: token.site.clone(), name: token.name.clone(), role: token.role });
        Self { token: Arc::new(token), caller, until: now + Duration::seconds(BELIEVED_SECONDS) }
    }
}

impl Authenticator {
    pub fn new(store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring, remembered: Mutex::default(), unknown: Mutex::default() }
    }

    /// Returns the caller who holds the bearer token that `peer` sent.
    ///
    /// # Errors
    /// `TokenInvalid` for anything but a live token, `Overloaded` when there are too many look-ups of unknown tokens,
    /// or the store's error.
    pub async fn authenticate(&self, bearer: &str, peer: IpAddr, now: DateTime<Utc>) -> Result<Arc<Caller>> {
        let (id, hash) = parse_access_token(bearer).ok_or(Error::TokenInvalid)?;
        let found = match self.known(id) {
            Some(known) => self.refreshed(known, now).await?,
            None => self.introduced(id, peer, now).await?,
        };
        let known = found.ok_or(Error::TokenInvalid)?;
        if same_hash(&known.token.secret_hash, &hash) && known.token.is_live(now) {
            Ok(known.caller)
        } else {
            Err(Error::TokenInvalid)
        }
    }

    /// Checks the token of a caller who was authenticated before.
    ///
    /// # Errors
    /// `TokenInvalid` when the token was revoked or has expired since then, or the store's error.
    pub async fn check_again(&self, caller: &Caller, now: DateTime<Utc>) -> Result<()> {
        let found = match self.known(caller.token) {
            Some(known) => self.refreshed(known, now).await?,
            None => {
                let found = self.look_up(caller.token).await?;
                self.remember(caller.token, found, now)
            }
        };
        if found.is_some_and(|known| known.token.is_live(now)) { Ok(()) } else { Err(Error::TokenInvalid) }
    }

    /// Returns a cached token. Reads it from the store again if the cache entry has expired.
    async fn refreshed(&self, known: CachedToken, now: DateTime<Utc>) -> Result<Option<CachedToken>> {
        if now < known.until {
            return Ok(Some(known));
        }
        match self.look_up(known.token.id).await {
            Ok(found) => Ok(self.remember(known.token.id, found, now)),
            // While the database is unavailable, a recently expired cache entry is better than none.
            Err(_) if now < known.until + Duration::seconds(OUTAGE_SECONDS) => Ok(Some(known)),
            Err(error) => Err(error),
        }
    }

    /// Looks up a token that is not cached, unless the limit on look-ups is reached.
    async fn introduced(&self, id: Uuid, peer: IpAddr, now: DateTime<Utc>) -> Result<Option<CachedToken>> {
        {
            let mut unknown = self.unknown();
            if unknown.contains(id, now) {
                return Ok(None);
            }
            if !unknown.may_look_up(peer, now) {
                return Err(Error::Overloaded { what: "unknown access tokens", retry_after: RETRY_AFTER });
            }
        }
        let found = self.look_up(id).await?;
        if found.is_none() {
            self.unknown().insert(id, now);
        }
        Ok(self.remember(id, found, now))
    }

    fn known(&self, id: Uuid) -> Option<CachedToken> {
        self.lock().get(&id).cloned()
    }

    /// A row counts as missing if no server with these keys stored it, or if it was changed afterwards.
    async fn look_up(&self, id: Uuid) -> Result<Option<AccessToken>> {
        Ok(self.store.find_token(id).await?.filter(|token| self.keyring.vouches_for(token)))
    }

    fn remember(&self, id: Uuid, found: Option<AccessToken>, now: DateTime<Utc>) -> Option<CachedToken> {
        let mut remembered = self.lock();
        let Some(token) = found else {
            remembered.remove(&id);
            return None;
        };
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        let fresh = CachedToken::new(token, now);
        remembered.insert(id, fresh.clone());
        Some(fresh)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, CachedToken>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unknown(&self) -> MutexGuard<'_, UnknownTokens> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::unknown_tokens::LOOK_UPS_OF_PEER, *};
    use crate::{
        domain::{access::Role, id::SiteId},
        keyring::new_access_token,
        service::{AccessTokens, NewToken},
        store::{contract::DatabaseStore as _, sqlite::SqliteStore},
    };

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// Creates a store in `dir`, an authenticator of it and the service that creates its tokens.
    async fn open(dir: &std::path::Path) -> (SqliteStore, AccessTokens, Authenticator) {
        let store = SqliteStore::open(dir.join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let keyring = Arc::new(Keyring::parse(&Keyring::generate()).unwrap());
        let tokens = AccessTokens::new(Arc::new(store.clone()), Arc::clone(&keyring));
        (store.clone(), tokens, Authenticator::new(Arc::new(store), keyring))
    }

    #[tokio::test]
    async fn a_token_outlives_a_short_outage_of_the_store_and_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        let (store, tokens, authenticator) = open(dir.path()).await;
        let after = |seconds| DateTime::UNIX_EPOCH + Duration::seconds(seconds);
        let site = SiteId::parse("default").unwrap();
        let new = |name: &str| NewToken { site: site.clone(), name: name.into(), role: Role::Portal, expires_at: None };
        let (_, known) = tokens.create(new("known"), after(0)).await.unwrap().unwrap();
        let (_, unknown) = tokens.create(new("unknown"), after(0)).await.unwrap().unwrap();
        assert_eq!(authenticator.authenticate(&known, PEER, after(0)).await.unwrap().name, "known");

        store.close().await;
        let last = BELIEVED_SECONDS + OUTAGE_SECONDS - 1;
        assert_eq!(authenticator.authenticate(&known, PEER, after(last)).await.unwrap().name, "known");
        for (token, at) in [(&known, after(last + 1)), (&unknown, after(0))] {
            let result = authenticator.authenticate(token, PEER, at).await;
            assert!(matches!(result, Err(Error::StorageUnavailable(_))), "{result:?}");
        }
    }

    #[tokio::test]
    async fn guessed_tokens_cost_few_look_ups_and_cached_tokens_still_work() {
        let dir = tempfile::tempdir().unwrap();
        let (_store, tokens, authenticator) = open(dir.path()).await;
        let site = SiteId::parse("default").unwrap();
        let new = NewToken { site, name: "known".into(), role: Role::Portal, expires_at: None };
        let (_, known) = tokens.create(new, DateTime::UNIX_EPOCH).await.unwrap().unwrap();
        authenticator.authenticate(&known, PEER, DateTime::UNIX_EPOCH).await.unwrap();
        let guess = || new_access_token(Uuid::new_v4()).0;
        let again = guess();
        let mut shed = 0;
        for round in 0..1_000 {
            let guessed = if round == 0 { again.clone() } else { guess() };
            let answer = authenticator.authenticate(&guessed, PEER, DateTime::UNIX_EPOCH).await;
            shed += u32::from(matches!(answer, Err(Error::Overloaded { .. })));
        }
        // The known token has already used one of the peer's look-ups.
        assert_eq!(shed, 1_000 - (LOOK_UPS_OF_PEER - 1));
        authenticator.authenticate(&known, PEER, DateTime::UNIX_EPOCH).await.unwrap();
        let answer = authenticator.authenticate(&again, PEER, DateTime::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(Error::TokenInvalid)), "an unknown token is looked up once: {answer:?}");
        let other = "192.0.2.7".parse().unwrap();
        let answer = authenticator.authenticate(&guess(), other, DateTime::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(Error::TokenInvalid)), "another peer has a limit of its own: {answer:?}");
    }
}

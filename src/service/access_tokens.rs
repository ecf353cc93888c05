//! Access tokens: checking them on every call, making and revoking them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::ids::new_id;
use crate::{
    domain::{
        Error, Result,
        access::{self, AccessToken, Caller, Role},
        id::SiteId,
        violation::Problem,
    },
    keyring::{Keyring, new_access_token, parse_access_token, same_hash},
    store::Store,
};

/// Tokens that the first start makes for site `default`, by role; each goes to `<name>.token` in the data directory.
pub const FIRST_TOKENS: [(&str, Role); 3] =
    [("portal", Role::Portal), ("moderator", Role::Moderator), ("admin", Role::Admin)];

/// How long a checked token is believed without asking the store again, in seconds: a revocation takes this long.
const BELIEVED_SECONDS: i64 = 5;

/// How much longer it is believed while the store cannot be asked, in seconds: a restart of the database.
const OUTAGE_SECONDS: i64 = 60;

/// Tokens remembered at most; only tokens that exist are.
const MAX_REMEMBERED: usize = 1_000;

/// Look-ups of tokens that this process does not know, in a second: of all, and of one peer. Tokens that are remembered are not
/// counted, so whoever guesses tokens costs the store no more than this, and others nothing.
const STRANGERS: u32 = 200;
const STRANGERS_OF_PEER: u32 = 50;

/// Who is beyond them may try again in the next second.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub site: SiteId,
    pub name: String,
    pub role: Role,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Checks callers.
pub struct Gatekeeper {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
    remembered: Mutex<HashMap<Uuid, CachedToken>>,
    strangers: Mutex<Strangers>,
}

/// A token as the store told it, believed until then.
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

/// What tokens that nobody knows here cost the store in this second, and those that the store did not know either.
#[derive(Default)]
struct Strangers {
    second: i64,
    all: u32,
    peers: HashMap<IpAddr, u32>,
    unknown: HashMap<Uuid, DateTime<Utc>>,
}

impl Strangers {
    /// Whether the store may be asked about a token that `peer` shows.
    fn may_ask(&mut self, peer: IpAddr, now: DateTime<Utc>) -> bool {
        if self.second != now.timestamp() {
            (self.second, self.all) = (now.timestamp(), 0);
            self.peers.clear();
        }
        let of_peer = self.peers.get(&peer).copied().unwrap_or_default();
        if self.all >= STRANGERS || of_peer >= STRANGERS_OF_PEER {
            return false;
        }
        self.all += 1;
        self.peers.insert(peer, of_peer + 1);
        true
    }

    fn is_unknown(&self, id: Uuid, now: DateTime<Utc>) -> bool {
        self.unknown.get(&id).is_some_and(|until| now < *until)
    }

    fn note_unknown(&mut self, id: Uuid, now: DateTime<Utc>) {
        if self.unknown.len() >= MAX_REMEMBERED {
            self.unknown.clear();
        }
        self.unknown.insert(id, now + Duration::seconds(BELIEVED_SECONDS));
    }
}

impl Gatekeeper {
    pub fn new(store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring, remembered: Mutex::default(), strangers: Mutex::default() }
    }

    /// The caller behind a bearer token that `peer` shows.
    ///
    /// # Errors
    /// `TokenInvalid` for anything but a live token, `Overloaded` for too many that nobody knows, or the store's.
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

    /// Checks the token of a caller who came in before.
    ///
    /// # Errors
    /// `TokenInvalid` when it was revoked or expired since, or the store's.
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

    /// A token that was remembered: as it was while that is believed, then as the store tells it.
    async fn refreshed(&self, known: CachedToken, now: DateTime<Utc>) -> Result<Option<CachedToken>> {
        if now < known.until {
            return Ok(Some(known));
        }
        match self.look_up(known.token.id).await {
            Ok(found) => Ok(self.remember(known.token.id, found, now)),
            // While the database is away, an answer that is not too old is better than none.
            Err(_) if now < known.until + Duration::seconds(OUTAGE_SECONDS) => Ok(Some(known)),
            Err(error) => Err(error),
        }
    }

    /// A token that was not, which is asked about no more often than the store should be.
    async fn introduced(&self, id: Uuid, peer: IpAddr, now: DateTime<Utc>) -> Result<Option<CachedToken>> {
        {
            let mut strangers = self.strangers();
            if strangers.is_unknown(id, now) {
                return Ok(None);
            }
            if !strangers.may_ask(peer, now) {
                return Err(Error::Overloaded { what: "unknown access tokens", retry_after: RETRY_AFTER });
            }
        }
        let found = self.look_up(id).await?;
        if found.is_none() {
            self.strangers().note_unknown(id, now);
        }
        Ok(self.remember(id, found, now))
    }

    fn known(&self, id: Uuid) -> Option<CachedToken> {
        self.lock().get(&id).cloned()
    }

    /// The token as it is stored. A row that no server with these keys stored, or that was changed since, is no token.
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

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, CachedToken>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strangers(&self) -> std::sync::MutexGuard<'_, Strangers> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a token and answers its text, shown this once. `None` when the site has a live token of that name.
    ///
    /// # Errors
    /// `Invalid` for a name that no token may have, or the store's.
    pub async fn create_token(&self, new: NewToken, now: DateTime<Utc>) -> Result<Option<(Uuid, String)>> {
        let (token, text) = self.prepare_token(new, now);
        Ok(self.store_token(&token).await?.then_some((token.id, text)))
    }

    /// A token that is not stored yet, with its text.
    pub fn prepare_token(&self, new: NewToken, now: DateTime<Utc>) -> (AccessToken, String) {
        let id = new_id(now);
        let (text, secret_hash) = new_access_token(id);
        let mut token = AccessToken {
            id,
            site: new.site,
            name: new.name,
            role: new.role,
            secret_hash,
            macs: Vec::new(),
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        token.macs = self.keyring.token_macs(&token);
        (token, text)
    }

    /// Stores a prepared token. `false` when the site has a live token of that name.
    ///
    /// # Errors
    /// `Invalid` for a name that no token may have, or the store's.
    pub async fn store_token(&self, token: &AccessToken) -> Result<bool> {
        if access::check_name(&token.name).is_err() {
            return Err(Error::invalid("name", Problem::NotForCallers));
        }
        self.store.create_token(token).await
    }

    /// Every token of every site, or of one.
    ///
    /// # Errors
    /// The store's only.
    pub async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        self.store.list_tokens(site).await
    }

    /// Every site that has rows: tokens, settings or articles.
    ///
    /// # Errors
    /// The store's only.
    pub async fn known_sites(&self) -> Result<Vec<SiteId>> {
        self.store.known_sites().await
    }

    /// Revokes a token. `false` when no live token has this id.
    ///
    /// # Errors
    /// The store's only.
    pub async fn revoke_token(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool> {
        self.store.revoke_token(id, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{contract::DatabaseStore as _, sqlite::SqliteStore};

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn keyring() -> Arc<Keyring> {
        Arc::new(Keyring::parse(&Keyring::generate()).unwrap())
    }

    #[tokio::test]
    async fn no_way_leads_to_a_token_that_passes_for_the_service() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let gatekeeper = Gatekeeper::new(Arc::new(store.clone()), keyring());
        let site = SiteId::parse("default").unwrap();
        let new = NewToken { site, name: "system".into(), role: Role::Admin, expires_at: None };
        let result = gatekeeper.create_token(new, DateTime::UNIX_EPOCH).await;
        assert!(matches!(result, Err(Error::Invalid(_))), "{result:?}");
        assert!(gatekeeper.list_tokens(None).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_token_outlives_a_short_outage_of_the_store_and_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let gatekeeper = Gatekeeper::new(Arc::new(store.clone()), keyring());
        let after = |seconds| DateTime::UNIX_EPOCH + Duration::seconds(seconds);
        let site = SiteId::parse("default").unwrap();
        let new = |name: &str| NewToken { site: site.clone(), name: name.into(), role: Role::Portal, expires_at: None };
        let (_, known) = gatekeeper.create_token(new("known"), after(0)).await.unwrap().unwrap();
        let (_, unknown) = gatekeeper.create_token(new("unknown"), after(0)).await.unwrap().unwrap();
        assert_eq!(gatekeeper.authenticate(&known, PEER, after(0)).await.unwrap().name, "known");

        store.close().await;
        let last = BELIEVED_SECONDS + OUTAGE_SECONDS - 1;
        assert_eq!(gatekeeper.authenticate(&known, PEER, after(last)).await.unwrap().name, "known");
        for (token, at) in [(&known, after(last + 1)), (&unknown, after(0))] {
            let result = gatekeeper.authenticate(token, PEER, at).await;
            assert!(matches!(result, Err(Error::StorageUnavailable(_))), "{result:?}");
        }
    }

    #[tokio::test]
    async fn guessed_tokens_cost_the_store_a_few_look_ups_and_known_ones_stay_known() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let gatekeeper = Gatekeeper::new(Arc::new(store), keyring());
        let site = SiteId::parse("default").unwrap();
        let new = NewToken { site, name: "known".into(), role: Role::Portal, expires_at: None };
        let (_, known) = gatekeeper.create_token(new, DateTime::UNIX_EPOCH).await.unwrap().unwrap();
        gatekeeper.authenticate(&known, PEER, DateTime::UNIX_EPOCH).await.unwrap();
        let guess = || new_access_token(Uuid::new_v4()).0;
        let again = guess();
        let mut shed = 0;
        for round in 0..1_000 {
            let guessed = if round == 0 { again.clone() } else { guess() };
            let answer = gatekeeper.authenticate(&guessed, PEER, DateTime::UNIX_EPOCH).await;
            shed += u32::from(matches!(answer, Err(Error::Overloaded { .. })));
        }
        // The known one was a stranger once.
        assert_eq!(shed, 1_000 - (STRANGERS_OF_PEER - 1));
        gatekeeper.authenticate(&known, PEER, DateTime::UNIX_EPOCH).await.unwrap();
        let answer = gatekeeper.authenticate(&again, PEER, DateTime::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(Error::TokenInvalid)), "asked about once: {answer:?}");
        let other = "192.0.2.7".parse().unwrap();
        let answer = gatekeeper.authenticate(&guess(), other, DateTime::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(Error::TokenInvalid)), "another peer has its own: {answer:?}");
    }
}

//! Access tokens: checking them on every call, making and revoking them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::submit::new_id;
use crate::{
    domain::{
        Error, Result,
        access::{self, AccessToken, Caller, Role},
        error::Problem,
        id::SiteId,
    },
    keyring::{new_access_token, parse_access_token, same_hash},
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
    remembered: Mutex<HashMap<Uuid, (AccessToken, DateTime<Utc>)>>,
}

impl Gatekeeper {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, remembered: Mutex::default() }
    }

    /// The caller behind a bearer token.
    ///
    /// # Errors
    /// `TokenInvalid` for anything but a live token, or the store's.
    pub async fn authenticate(&self, bearer: &str, now: DateTime<Utc>) -> Result<Caller> {
        let (id, hash) = parse_access_token(bearer).ok_or(Error::TokenInvalid)?;
        let token = self.find(id, now).await?.ok_or(Error::TokenInvalid)?;
        if same_hash(&token.secret_hash, &hash) && token.is_live(now) {
            Ok(Caller { site: token.site, name: token.name, role: token.role })
        } else {
            Err(Error::TokenInvalid)
        }
    }

    async fn find(&self, id: Uuid, now: DateTime<Utc>) -> Result<Option<AccessToken>> {
        let remembered = self.lock().get(&id).cloned();
        match remembered {
            Some((token, until)) if now < until => Ok(Some(token)),
            stale => match self.store.find_token(id).await {
                Ok(found) => Ok(self.remember(id, found, now)),
                // While the database is away, an answer that is not too old is better than none.
                Err(error) => {
                    let recent =
                        |(_, until): &(AccessToken, DateTime<Utc>)| now < *until + Duration::seconds(OUTAGE_SECONDS);
                    stale.filter(recent).map(|(token, _)| Some(token)).ok_or(error)
                }
            },
        }
    }

    fn remember(&self, id: Uuid, found: Option<AccessToken>, now: DateTime<Utc>) -> Option<AccessToken> {
        let mut remembered = self.lock();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        match &found {
            Some(token) => remembered.insert(id, (token.clone(), now + Duration::seconds(BELIEVED_SECONDS))),
            None => remembered.remove(&id),
        };
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, (AccessToken, DateTime<Utc>)>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a token and answers its text, shown this once. `None` when the site has a live token of that name.
    ///
    /// # Errors
    /// `Invalid` for a name that no token may have, or the store's.
    pub async fn create_token(&self, new: NewToken, now: DateTime<Utc>) -> Result<Option<(Uuid, String)>> {
        let (token, text) = Self::prepare_token(new, now);
        Ok(self.store_token(&token).await?.then_some((token.id, text)))
    }

    /// A token that is not stored yet, with its text.
    pub fn prepare_token(new: NewToken, now: DateTime<Utc>) -> (AccessToken, String) {
        let id = new_id(now);
        let (text, secret_hash) = new_access_token(id);
        let token = AccessToken {
            id,
            site: new.site,
            name: new.name,
            role: new.role,
            secret_hash,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
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
    use crate::store::{contract::UpkeepStore as _, sqlite::SqliteStore};

    #[tokio::test]
    async fn no_way_leads_to_a_token_that_passes_for_the_service() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let gatekeeper = Gatekeeper::new(Arc::new(store.clone()));
        let site = SiteId::parse("default").unwrap();
        let new = NewToken { site, name: "system".into(), role: Role::Admin, expires_at: None };
        let refused = gatekeeper.create_token(new, DateTime::UNIX_EPOCH).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        assert!(gatekeeper.list_tokens(None).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_token_outlives_a_short_outage_of_the_store_and_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let gatekeeper = Gatekeeper::new(Arc::new(store.clone()));
        let after = |seconds| DateTime::UNIX_EPOCH + Duration::seconds(seconds);
        let site = SiteId::parse("default").unwrap();
        let new = |name: &str| NewToken { site: site.clone(), name: name.into(), role: Role::Portal, expires_at: None };
        let (_, known) = gatekeeper.create_token(new("known"), after(0)).await.unwrap().unwrap();
        let (_, unknown) = gatekeeper.create_token(new("unknown"), after(0)).await.unwrap().unwrap();
        assert_eq!(gatekeeper.authenticate(&known, after(0)).await.unwrap().name, "known");

        store.close().await;
        let last = BELIEVED_SECONDS + OUTAGE_SECONDS - 1;
        assert_eq!(gatekeeper.authenticate(&known, after(last)).await.unwrap().name, "known");
        for (token, at) in [(&known, after(last + 1)), (&unknown, after(0))] {
            let refused = gatekeeper.authenticate(token, at).await;
            assert!(matches!(refused, Err(Error::StorageUnavailable(_))), "{refused:?}");
        }
    }
}

//! Creation of access tokens. The store alone revokes them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{
        Error, Result,
        access::{self, AccessToken, Role},
        id::SiteId,
        violation::Problem,
    },
    keyring::{Keyring, new_access_token},
    service::ids::new_id,
    store::Store,
};

/// The tokens that the first start creates for the site `default`, with their roles. Each is written to
/// `<name>.token` in the data directory.
pub const FIRST_TOKENS: [(&str, Role); 3] =
    [("portal", Role::Portal), ("moderator", Role::Moderator), ("admin", Role::Admin)];

/// The properties of a token to create.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub site: SiteId,
    pub name: String,
    pub role: Role,
    pub expires_at: Option<DateTime<Utc>>,
}

/// The service that creates tokens, which all servers with the same keys accept.
pub struct AccessTokens {
    store: Arc<dyn Store>,
    keyring: Arc<Keyring>,
}

impl AccessTokens {
    pub fn new(store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring }
    }

    /// Creates a token and returns its id and text, which cannot be shown again. Returns `None` when the site has a
    /// live token of that name.
    ///
    /// # Errors
    /// `Invalid` for a name that tokens may not have, or the store's error.
    pub async fn create(&self, new: NewToken, now: DateTime<Utc>) -> Result<Option<(Uuid, String)>> {
        let (token, text) = self.prepare(new, now);
        Ok(self.insert(&token).await?.then_some((token.id, text)))
    }

    /// Makes a token that is not stored yet, and its text.
    pub fn prepare(&self, new: NewToken, now: DateTime<Utc>) -> (AccessToken, String) {
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

    /// Stores a prepared token. Returns `false` when the site has a live token of that name.
    ///
    /// # Errors
    /// `Invalid` for a name that tokens may not have, or the store's error.
    pub async fn insert(&self, token: &AccessToken) -> Result<bool> {
        if access::check_name(&token.name).is_err() {
            return Err(Error::invalid("name", Problem::NotForCallers));
        }
        self.store.create_token(token).await
    }

    pub async fn list(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        self.store.list_tokens(site).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{contract::DatabaseStore as _, sqlite::SqliteStore};

    #[tokio::test]
    async fn a_token_named_system_cannot_be_created() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let keyring = Arc::new(Keyring::parse(&Keyring::generate()).unwrap());
        let tokens = AccessTokens::new(Arc::new(store), keyring);
        let site = SiteId::parse("default").unwrap();
        let new = NewToken { site, name: "system".into(), role: Role::Admin, expires_at: None };
        let result = tokens.create(new, DateTime::UNIX_EPOCH).await;
        assert!(matches!(result, Err(Error::Invalid(_))), "{result:?}");
        assert!(tokens.list(None).await.unwrap().is_empty());
    }
}

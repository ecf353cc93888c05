//! Access tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{Result, access::AccessToken, id::SiteId};

/// Storage of access tokens.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Stores a token. Returns `false` when the site has a live token of that name.
    async fn create_token(&self, token: &AccessToken) -> Result<bool>;

    /// Returns a token by its id, live or not. This is the only look-up before the site is known.
    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>>;

    /// Returns all tokens, or those of one site, ordered by site and name.
    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>>;

    /// Returns all sites that have a token, live or not, a policy or an article, ordered by name.
    async fn known_sites(&self) -> Result<Vec<SiteId>>;

    /// Revokes a token. Returns `false` when no live token has that id.
    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool>;
}

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{Result, access::AccessToken, id::SiteId};

/// Access tokens.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Stores a token. `false` when the site has a live token of that name.
    async fn create_token(&self, token: &AccessToken) -> Result<bool>;

    /// A token by its id, live or not: the one look-up that does not know the site yet.
    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>>;

    /// Every token of every site, or of one, by site and name.
    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>>;

    /// Every site that has a token, live or not, settings of its own or an article, by name.
    async fn known_sites(&self) -> Result<Vec<SiteId>>;

    /// Revokes a token. `false` when there is no live one of that id.
    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool>;
}

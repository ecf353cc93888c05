//! Requests for code that has not moved to `sql` yet.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::session::Session;
use crate::{
    domain::{Result, id::SiteId, request::RequestRow},
    store::sql::{Connection, request},
};

pub(super) async fn replay<T: DeserializeOwned>(
    tx: &mut Session,
    site: &SiteId,
    request: Option<&RequestRow>,
) -> Result<Option<T>> {
    request::replay(&mut Connection::from(tx), site, request).await
}

pub(super) async fn insert(
    tx: &mut Session,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    request::insert(&mut Connection::from(tx), site, request, made_by, at).await
}

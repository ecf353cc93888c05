//! Requests for code that has not moved to `sql` yet.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::session::Session;
use crate::{
    domain::{Result, id::SiteId, request::RequestRow},
    store::sql::{Connection, request},
};

pub(super) async fn insert(
    tx: &mut Session,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    request::insert(&mut Connection::from(tx), site, request, made_by, at).await
}

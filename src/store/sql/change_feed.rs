//! Retention of the change feed.

use chrono::{DateTime, Utc};

use super::{Connection, Statement};
use crate::{
    domain::{Result, id::SiteId},
    store::{keyset, parse},
};

/// Deletes at most `limit` of a site's oldest change-feed rows from before `before`. The id of a change begins with its
/// time, so the primary key finds the rows.
pub(super) async fn prune(tx: &mut Connection<'_>, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64> {
    let end = keyset::earliest_id(before);
    let rest = Statement::new(
        "select change_id from changes where site_id = :site and change_id < :end
        order by change_id limit 1 offset :limit",
    );
    let rest = rest.bind("site", site).bind("end", end).bind("limit", parse::limit(limit));
    let rest = rest.fetch_optional(&mut *tx).await?.map(|row| row.fields().get("change_id")).transpose()?;
    let delete = Statement::new("delete from changes where site_id = :site and change_id < :end");
    delete.bind("site", site).bind("end", rest.unwrap_or(end)).execute(tx).await
}

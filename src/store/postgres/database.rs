//! The database itself: its schema, its health and its log.

use async_trait::async_trait;
use sqlx::postgres::PgConnectOptions;

use super::{PostgresStore, migrate};
use crate::{
    domain::{Error, Result},
    store::{contract::DatabaseStore, error, writes::TRIAL_BYTES},
};

/// Selects whether PostgreSQL has statistics of the table, and whether the table has 100 comments. Without statistics,
/// the planner considers all indexes about equally good and takes the smallest, which may read all comments of a site.
/// Autovacuum gathers statistics only once a minute. Fewer than 100 comments may all differ from each other, so that
/// their statistics would mislead.
const SURVEYED: &str = "
    select t.reltuples >= 0, (select count(*) from (select 1 from comments limit 100) counted) = 100
    from pg_class t where t.oid = 'comments'::regclass";

/// Writes data that needs its own space on the disk and in the log. It always writes the same row, so that nothing
/// accumulates.
const TRY_TO_WRITE: &str = "insert into trial_writes (site_id, filler) values ('', convert_to(repeat('x', $1), 'UTF8'))
    on conflict (site_id) do update set filler = excluded.filler";

#[async_trait]
impl DatabaseStore for PostgresStore {
    async fn migrate(&self) -> Result<()> {
        let place = |error| error::at_place(error, place(self.pool.options()));
        migrate::migrate(&self.pool).await.map_err(place)
    }

    async fn ping(&self) -> Result<()> {
        if self.writes.are_in_doubt() {
            sqlx::query(TRY_TO_WRITE).bind(TRIAL_BYTES).execute(&self.pool).await?;
            self.writes.succeeded();
            return Ok(());
        }
        // The setting is also on in a standby.
        let sql = "select current_setting('transaction_read_only') = 'on'";
        let read_only: bool = sqlx::query_scalar(sql).fetch_one(&self.pool).await?;
        if read_only { Err(Error::StorageUnavailable("the database is read-only".into())) } else { Ok(()) }
    }

    async fn survey(&self) -> Result<bool> {
        let _turn = self.background_turn().await?;
        let (surveyed, enough): (bool, bool) = sqlx::query_as(SURVEYED).fetch_one(&self.pool).await?;
        if enough && !surveyed {
            sqlx::query("analyze comments").execute(&self.pool).await?;
        }
        Ok(surveyed || enough)
    }

    async fn clean_log(&self) -> Result<bool> {
        Ok(true)
    }

    fn log_bytes(&self) -> Option<u64> {
        None
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// Returns the address of the database and the user, without the password.
fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(|| options.get_host().into(), |socket| socket.to_string_lossy());
    let (port, user) = (options.get_port(), options.get_username());
    let database = options.get_database().unwrap_or(user);
    format!("PostgreSQL at {host}:{port}, database `{database}`, user `{user}`")
}

//! The database itself: its schema, its health and its log.

use async_trait::async_trait;
use sqlx::Arguments as _;

use super::{MIGRATION_WAIT, SqliteStore, pool};
use crate::{
    domain::Result,
    store::{contract::DatabaseStore, migrations, writes::TRIAL_BYTES},
};

/// Writes data that needs its own space on the disk. It always writes the same row, so that nothing accumulates.
const TRY_TO_WRITE: &str = "insert into trial_writes (site_id, filler) values ('', randomblob($1))
    on conflict (site_id) do update set filler = excluded.filler";

#[async_trait]
impl DatabaseStore for SqliteStore {
    async fn migrate(&self) -> Result<()> {
        let mut migrator = migrations::sqlite();
        let options = self.write.driver().connect_options();
        let one = pool(1).acquire_timeout(MIGRATION_WAIT);
        let own = one.connect_lazy_with((*options).clone().busy_timeout(MIGRATION_WAIT));
        // The write lock is held for the whole run, so a second process waits and then finds the schema up to date.
        let result = async {
            let mut tx = own.begin_with("begin immediate").await?;
            migrator.set_locking(false).run_direct(None, &mut *tx, false).await?;
            Ok(tx.commit().await?)
        };
        let result = result.await;
        own.close().await;
        result
    }

    async fn ping(&self) -> Result<()> {
        let mut tx = self.write.begin().await?;
        if !self.writes.are_in_doubt() {
            // Beginning the transaction takes the write lock. Dropping it rolls it back.
            return Ok(tx.run().await.map(drop)?);
        }
        tx.queue(TRY_TO_WRITE, |values| values.add(TRIAL_BYTES)).map_err(sqlx::Error::Encode)?;
        tx.commit().await?;
        self.writes.succeeded();
        Ok(())
    }

    async fn survey(&self) -> Result<bool> {
        // Statements name the indexes that they use, so statistics are not needed.
        Ok(true)
    }

    async fn clean_log(&self) -> Result<bool> {
        self.log.clean(&self.write).await
    }

    fn log_bytes(&self) -> Option<u64> {
        Some(self.log.size())
    }

    async fn close(&self) {
        self.log.close().await;
        self.read.close().await;
        self.write.close().await;
    }
}

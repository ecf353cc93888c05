//! The workflow alone over a store, for tests that set the clock; and raw SQL behind a newsroom's back.

use std::sync::Arc;

use duyetd::{
    captcha::Pool,
    domain::{answer::Alphabet, picture::Profile},
    keyring::Keyring,
    limiter::Limiter,
    ops::metric,
    service::{PageCache, SiteDefaults, Workflow},
    store::{Store, batches::SubmissionWriter, contract::SubmissionStore},
};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use super::newsroom::{ANSWER, Newsroom, wide_quotas};

/// What one replica would do over `store`.
pub(crate) fn workflow(store: &Arc<dyn Store>) -> Workflow {
    workflow_with(store, Pool::start(Alphabet::Mixed, Profile::ALL, Some(ANSWER.into())).unwrap())
}

/// The same with other pictures.
pub(crate) fn workflow_with(store: &Arc<dyn Store>, pictures: Pool) -> Workflow {
    // What is counted before nobody counts.
    metric::install().unwrap();
    let submissions: Arc<dyn SubmissionStore> = store.clone();
    Workflow::new(
        store.clone(),
        SubmissionWriter::start(&submissions, 1),
        Limiter::local(wide_quotas()),
        pictures,
        Arc::new(Keyring::parse(&Keyring::generate()).unwrap()),
        SiteDefaults::default(),
        PageCache::new(1, false),
    )
}

/// A gauge or counter of this process as its metrics tell it; `None` while nothing does. All tests of a process share them: the
/// labels should name a site of the test's own.
pub(crate) fn metric_value(line: &str) -> Option<String> {
    let text = metric::install().unwrap().render();
    let found = text.lines().find_map(|told| told.strip_prefix(line)?.strip_prefix(' '));
    found.map(str::to_owned)
}

impl Newsroom {
    /// Runs statements of either dialect.
    pub async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        if let Some(url) = &self.config.database_url {
            let pool = PgPool::connect(url.expose()).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            pool.close().await;
        } else {
            let file = self.config.data_dir.join("duyet.sqlite3");
            let pool = SqlitePool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}

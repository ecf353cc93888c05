//! The services alone over a store, for tests that set the clock; and raw SQL behind a newsroom's back.

use std::sync::Arc;

use duyetd::{
    captcha::ImagePool,
    domain::{captcha_answer::Alphabet, image_profile::Profile},
    keyring::Keyring,
    limiter::Limiter,
    ops::metric,
    service::{HEARTBEAT, PageCache, Parts, Services, SiteDefaults},
    store::Store,
};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use super::newsroom::{ANSWER, Newsroom, wide_quotas};

/// What one replica would do over `store`.
pub(crate) fn services(store: &Arc<dyn Store>) -> Services {
    services_with(store, ImagePool::start(Alphabet::Mixed, Profile::ALL, Some(ANSWER.into())).unwrap())
}

/// The same with other images.
pub(crate) fn services_with(store: &Arc<dyn Store>, images: ImagePool) -> Services {
    // What is counted before nobody counts.
    metric::install().unwrap();
    Services::new(Parts {
        store: store.clone(),
        writers: 1,
        readers: 1,
        limiter: Limiter::local(wide_quotas()),
        images,
        keyring: Arc::new(Keyring::parse(&Keyring::generate()).unwrap()),
        defaults: SiteDefaults::default(),
        pages: PageCache::new(1, false),
        heartbeat: HEARTBEAT,
    })
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

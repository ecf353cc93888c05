//! The services alone with a store, for tests that control the clock; and direct SQL for a newsroom.

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

pub(crate) fn services(store: &Arc<dyn Store>) -> Services {
    services_with(store, ImagePool::start(Alphabet::Mixed, Profile::ALL, Some(ANSWER.into())).unwrap())
}

pub(crate) fn services_with(store: &Arc<dyn Store>, images: ImagePool) -> Services {
    // Values counted before the recorder is installed would be lost.
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

/// Returns the value of a gauge or counter of this process, or `None` while it has none. All tests of a process share
/// them, so the labels should name a site that only this test uses.
pub(crate) fn metric_value(line: &str) -> Option<String> {
    let text = metric::install().unwrap().render();
    let found = text.lines().find_map(|text_line| text_line.strip_prefix(line)?.strip_prefix(' '));
    found.map(str::to_owned)
}

impl Newsroom {
    /// Runs statements, in the database's own dialect.
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

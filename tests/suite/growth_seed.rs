//! Checks that the growth benchmark measures the rows that the service itself would write.

use std::{path::Path, process::Command};

use chrono::Utc;
use duyetd::domain::{
    comment::FormText,
    id::SiteId,
    search,
    stats::{CountDrift, Stats},
};

use crate::support::home::Home;

/// Runs `benches/service/grow.sql` for `comments` comments.
fn seed(home: &Home, comments: u32) {
    let options = home.pg().connect_options();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/service/grow.sql");
    let output = Command::new("psql")
        .args(["-qX", "-v", &format!("n={comments}"), "-h", options.get_host(), "-U", options.get_username()])
        .args(["-p", &options.get_port().to_string(), "-d", options.get_database().unwrap(), "-f"])
        .arg(script)
        .output()
        .expect("psql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::disallowed_methods, reason = "the seed reads the same clock")]
#[tokio::test]
async fn the_growth_benchmark_seeds_the_rows_that_the_service_would_write() {
    let home = Home::postgres().await;
    seed(&home, 2_000);
    let site = SiteId::parse("default").unwrap();
    assert_eq!(home.store.count_drift(&site).await.unwrap(), CountDrift::default());
    assert_eq!(home.store.repair_stats(&site, Utc::now()).await.unwrap(), 0, "statistics");
    let stats: Stats = home.store.stats(&site, Utc::now(), Utc::now()).await.unwrap();
    assert_eq!(stats.waiting, 200);
    let rows: Vec<(String, String, String, String, Vec<String>)> = sqlx::query_as(
        "select c.author_name, c.title, c.content, c.folded, tsvector_to_array(t.terms)
        from comments c join search_terms t on t.site_id = c.site_id and t.comment_id = c.comment_id",
    )
    .fetch_all(home.pg())
    .await
    .unwrap();
    assert_eq!(rows.len(), 2_000, "each comment is indexed");
    for (author_name, title, content, folded, terms) in rows {
        assert_eq!(terms.join(" "), search::index_terms(&site, [&author_name, &title, &content]), "{content}");
        let text = FormText { author_name, title, content };
        assert_eq!(folded, text.folded(&text.said()));
    }
}

//! The ALTCHA widget as released, in a real browser on the sample portal.

#![cfg(test)] // so that helpers may unwrap, as tests may

use fantoccini::{Client, Locator};
use serde_json::Value;

use crate::support::{
    browser::{Driver, Site, click, fill, property, see, text},
    newsroom::ANSWER,
};

const CONTENT: &str = "Cầu xong rồi, bà con mừng lắm.";

/// Starts the portal with the widget, and little work for each level.
fn site() -> Site {
    let modules = std::env::var("DUYET_TEST_NODE_MODULES").expect("tests/run installs the widget and sets its path");
    let dist = format!("{modules}/altcha/dist");
    let config = std::env::temp_dir().join(format!("duyet-widget-{}.toml", uuid::Uuid::new_v4()));
    std::fs::write(&config, "[captcha.proof_tries]\nlight = 20\nnormal = 40\nhard = 60\n").unwrap();
    let site = Site::start_with(&[("PORTAL_ALTCHA", &dist), ("DUYET_CONFIG", config.to_str().unwrap())]);
    std::fs::remove_file(config).unwrap();
    site
}

async fn write(reader: &Client, site: &Site, content: &str) {
    reader.goto(&site.url).await.unwrap();
    fill(reader, "#author_name", "Lan").await;
    fill(reader, "#content", content).await;
    // The checkbox exists once the widget's script has run.
    see(reader, "altcha-widget input[type=checkbox]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_solves_the_proof_when_a_reader_submits() {
    let site = site();
    let mut driver = Driver::start();
    let reader = driver.browser().await;
    write(&reader, &site, CONTENT).await;
    click(&reader, ".send .button").await;
    assert_eq!(text(&reader, ".mark.waiting").await, "đang chờ duyệt");
    let queue: Value = serde_json::from_str(&site.moderate(&["queue", "--json"])).unwrap();
    assert_eq!(queue["cases"][0]["comment"]["content"], CONTENT);
    reader.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn under_an_alarm_the_widget_shows_the_image_after_the_proof() {
    let site = site();
    site.moderate(&["lockdown", "--for", "2h", "--note", "bị tấn công", "--harder-challenges"]);
    let mut driver = Driver::start();
    let reader = driver.browser().await;
    write(&reader, &site, CONTENT).await;
    click(&reader, ".send .button").await;
    let code = "altcha-widget form[data-code-challenge] input, altcha-widget [data-code-challenge] input";
    let image = property(&reader, "altcha-widget img[src^='data:image/png']", "src").await;
    assert!(image.starts_with("data:image/png;base64,"));
    fill(&reader, code, &format!("{}\u{e007}", ANSWER.to_lowercase())).await;
    assert_eq!(text(&reader, ".mark.waiting").await, "đang chờ duyệt");
    reader.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_may_choose_the_image_instead_and_keeps_the_text() {
    let site = site();
    let mut driver = Driver::start();
    let reader = driver.browser().await;
    write(&reader, &site, CONTENT).await;
    click(&reader, "#dung-anh").await;
    assert!(property(&reader, "#anh-ma", "src").await.starts_with("data:image/png;base64,"));
    assert_eq!(property(&reader, "#content", "value").await, CONTENT);
    assert!(reader.find(Locator::Css("altcha-widget")).await.is_err());
    fill(&reader, "#challenge_answer", &format!("{ANSWER}\u{e007}")).await;
    assert_eq!(text(&reader, ".mark.waiting").await, "đang chờ duyệt");
    reader.close().await.unwrap();
}

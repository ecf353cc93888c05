//! An independent client: grpcio from PyPI with its default limits.

use std::process::Command;

use crate::{
    responses::newsroom_with_waiting,
    support::newsroom::{ANSWER, Database, on_both_databases},
};

on_both_databases! {
    a_portal_and_a_moderator_can_be_python_clients,
}

async fn a_portal_and_a_moderator_can_be_python_clients(database: Database) {
    let waiting = 500;
    let newsroom = newsroom_with_waiting(database, waiting).await;
    let modules = std::env::var("DUYET_TEST_PYTHON_MODULES").expect("run by tests/run");
    let root = env!("CARGO_MANIFEST_DIR");
    let mut script = Command::new("python3");
    script
        .arg(format!("{root}/tests/python/stock_client.py"))
        .arg(newsroom.running.grpc_addr.to_string())
        .args([newsroom.token("portal"), newsroom.token("moderator")])
        .args([ANSWER, &format!("{root}/proto"), &waiting.to_string()])
        .env("PYTHONPATH", modules)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let output = tokio::task::spawn_blocking(move || script.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

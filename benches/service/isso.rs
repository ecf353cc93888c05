//! Isso without its limit on comments per address: with gunicorn if that is installed beside it, or with its own
//! server.

use std::{path::Path, process::Command};

use http::{Method, Request};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    peers::{HttpCall, Peer},
    servers::{Server, free_address},
};

pub(crate) fn start(program: &Path) -> anyhow::Result<Peer> {
    let (dir, address) = (TempDir::new()?, free_address()?);
    let (settings, database) = (dir.path().join("isso.cfg"), dir.path().join("comments.db"));
    let text = format!(
        "[general]\ndbpath = {}\nhost = http://{address}/\n[server]\nlisten = http://{address}\n[guard]\nenabled = false\n",
        database.display()
    );
    std::fs::write(&settings, text)?;
    let gunicorn = program.with_file_name("gunicorn");
    let command = if gunicorn.exists() {
        let mut command = Command::new(gunicorn);
        command.env("ISSO_SETTINGS", &settings).args(["--workers", "2", "--bind", &address.to_string(), "isso.run"]);
        command
    } else {
        let mut command = Command::new(program);
        command.arg("-c").arg(&settings).arg("run");
        command
    };
    Ok(Peer { name: "Isso", server: Server::program(command, address, dir)?, post, list })
}

fn post(article: &str, text: &str) -> HttpCall {
    let body = json!({ "author": "Nguyễn Thị Lan", "text": text, "title": "Khánh thành cầu Bến Thủy" });
    let request = Request::builder().method(Method::POST).header("content-type", "application/json");
    HttpCall { path: format!("/new?uri=/{article}/"), request, body: body.to_string() }
}

fn list(article: &str) -> HttpCall {
    HttpCall { path: format!("/?uri=/{article}/&limit=20"), request: Request::builder(), body: String::new() }
}

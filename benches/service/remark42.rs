//! Remark42 as its program serves by default. Its limits per address stay on; readers come from many addresses.

use std::{path::Path, process::Command};

use http::{Method, Request, request::Builder};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    peers::{HttpCall, Peer},
    servers::{Server, free_address},
};

/// `admin:bench` as basic authentication, which costs Remark42 less time than checking a reader's signed cookie.
const ADMIN: &str = "Basic YWRtaW46YmVuY2g=";

pub(crate) fn start(program: &Path) -> anyhow::Result<Peer> {
    let (dir, address) = (TempDir::new()?, free_address()?);
    let mut command = Command::new(program);
    command.current_dir(dir.path()).args([
        "server",
        &format!("--url=http://{address}"),
        &format!("--port={}", address.port()),
        "--address=127.0.0.1",
        "--secret=bench",
        "--site=bench",
        "--admin-passwd=bench",
        "--update-limit=1000000",
    ]);
    Ok(Peer { name: "Remark42", server: Server::program(command, address, dir)?, post, list })
}

fn post(article: &str, text: &str) -> HttpCall {
    let locator = json!({ "site": "bench", "url": url(article) });
    let body = json!({ "text": text, "title": "Khánh thành cầu Bến Thủy", "locator": locator });
    let request = from_reader(Request::builder().method(Method::POST))
        .header("authorization", ADMIN)
        .header("content-type", "application/json");
    HttpCall { path: "/api/v1/comment".to_owned(), request, body: body.to_string() }
}

fn list(article: &str) -> HttpCall {
    let path = format!("/api/v1/find?site=bench&url={}&sort=-time&format=plain", url(article));
    HttpCall { path, request: from_reader(Request::builder()), body: String::new() }
}

fn url(article: &str) -> String {
    format!("https://bao.example/{article}")
}

/// Sets one of 65,536 addresses as the reader's.
fn from_reader(request: Builder) -> Builder {
    let [third, fourth] = rand::random::<[u8; 2]>();
    request.header("x-real-ip", format!("20.1.{third}.{fourth}"))
}

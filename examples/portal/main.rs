//! A small news portal with one article and its comments: a demonstration of duyet in one command, and sample code for
//! developers who integrate a portal. `cargo run -p portal` needs no other service.
//!
//! Read `routes.rs` first (what a page does), then `service.rs` (how the portal calls the service).

mod article;
mod assets;
mod clock;
mod comments;
mod config;
mod embedded;
mod form;
mod form_problems;
mod logs;
mod page;
mod portal;
mod read_count;
mod reader;
mod report;
mod routes;
mod service;
mod service_error;
mod widget;

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use tokio::{net::TcpListener, signal::unix, sync::oneshot};

use crate::{config::Config, embedded::Embedded, portal::Portal, widget::Widget};

#[tokio::main]
#[expect(clippy::print_stderr, reason = "the error of a failed start")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("portal: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    let (embedded, service) = if let Some(remote) = config.remote {
        logs::start(&config.log)?;
        (None, remote)
    } else {
        let embedded = Embedded::start(config.addr).await?;
        let remote = embedded.remote()?;
        (Some(embedded), remote)
    };

    let listener = TcpListener::bind(config.addr).await.with_context(|| format!("cannot listen on {}", config.addr))?;
    let addr = listener.local_addr()?;
    let views_file = embedded.as_ref().map(|embedded| embedded.data_dir().join("portal-views"));
    let widget = config.altcha.as_deref().map(Widget::read).transpose()?;
    let portal = Portal::new(&service, format!("http://{addr}/"), views_file, widget)?;
    announce(addr, &service.addr, embedded.as_ref());

    let router = routes::router(Arc::new(portal)).into_make_service_with_connect_info::<SocketAddr>();
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        wait_for_signal().await;
        let _ = stopping.send(());
    });
    // A browser may keep its connection open for minutes. After a signal, the portal waits at most `config.grace` for
    // it.
    tokio::select! {
        result = server => result?,
        () = async { let _ = stopped.await; tokio::time::sleep(config.grace).await } => {}
    }
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(())
}

/// Prints the address of the page and a command that shows the queue, ready to copy.
#[expect(clippy::print_stdout, reason = "prints the addresses")]
fn announce(addr: SocketAddr, service: &str, embedded: Option<&Embedded>) {
    let token = embedded.map_or_else(
        || "<tệp mã truy cập của biên tập viên>".to_owned(),
        |embedded| embedded.data_dir().join("moderator.token").display().to_string(),
    );
    println!("Trang bài viết: http://{addr}/");
    println!("Duyệt bình luận: DUYET_ADDR={service} DUYET_TOKEN_FILE={token} cargo run --bin duyet -- queue");
}

/// Resolves on Ctrl-C and on SIGTERM.
async fn wait_for_signal() {
    match unix::signal(unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

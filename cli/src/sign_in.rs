//! `duyet login`: takes a token from stdin, tries it, and keeps it.

use std::io;

use super::{
    desk::Desk,
    login::{self, Access},
    outcome::{Failure, Outcome},
    terminal,
};
use duyet_proto::v1;

/// Runs `login`. `shown` when somebody gave the token as an argument, where every user of the machine may read it.
pub(super) async fn run(desk: &Desk<'_>, shown: bool) -> Result<Outcome, Failure> {
    if shown {
        return Err(Failure::new(Outcome::Usage, desk.locale.text("cli-token-as-argument")));
    }
    let addr = login::address(desk.addr.as_deref(), desk.locale);
    if terminal::is_typed() {
        desk.output.ask(&desk.locale.text_with("cli-login-ask", &[("addr", addr.as_str().into())]));
    }
    let token = terminal::read_secret();
    if terminal::is_typed() {
        desk.output.talk("");
    }
    let token = token.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(Outcome::Failed, desk.locale.text("cli-stopped")),
        _ => Failure::new(Outcome::Failed, format!("stdin: {error}")),
    })?;
    if token.is_empty() {
        return Err(Failure::new(Outcome::Usage, desk.locale.text("cli-login-empty")));
    }
    let access = Access { addr, token };
    try_out(desk, &access).await?;
    let path = login::path(desk.locale)?;
    login::save(&path, &access, desk.locale)?;
    let (addr, path) = (access.addr, path.display().to_string());
    desk.talk("cli-login-done", &[("addr", addr.into()), ("path", path.into())]);
    Ok(Outcome::Done)
}

/// The cheapest call that only a moderator may make.
async fn try_out(desk: &Desk<'_>, access: &Access) -> Result<(), Failure> {
    let mut connection = desk.connect_as(access).await?;
    let request = v1::ListQueueRequest { page_size: 1, ..Default::default() };
    let answer = connection.moderation.list_queue(request).await;
    answer.map(drop).map_err(|status| desk.failure(&connection, &status))
}

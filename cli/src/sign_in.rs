//! `duyet login`: reads a token from stdin, checks it with the service, and stores it.

use std::io;

use super::{
    context::Context,
    exit::{Exit, Failure},
    login::{self, Access},
    terminal,
};
use duyet_proto::v1;

/// Runs `login`. `shown` is true if the token was passed as an argument, which every user of the machine can read.
pub(super) async fn run(context: &Context<'_>, shown: bool) -> Result<Exit, Failure> {
    if shown {
        return Err(Failure::new(Exit::Usage, context.locale.text("cli-token-as-argument")));
    }
    let addr = login::address(context.addr.as_deref(), context.locale);
    if terminal::is_typed() {
        context.output.ask(&context.locale.text_with("cli-login-ask", &[("addr", addr.as_str().into())]));
    }
    let token = terminal::read_secret();
    if terminal::is_typed() {
        context.output.talk("");
    }
    let token = token.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(Exit::Failed, context.locale.text("cli-stopped")),
        _ => Failure::new(Exit::Failed, format!("stdin: {error}")),
    })?;
    if token.is_empty() {
        return Err(Failure::new(Exit::Usage, context.locale.text("cli-login-empty")));
    }
    let access = Access { addr, token };
    try_out(context, &access).await?;
    let path = login::path(context.locale)?;
    login::save(&path, &access, context.locale)?;
    let (addr, path) = (access.addr, path.display().to_string());
    context.talk("cli-login-done", &[("addr", addr.into()), ("path", path.into())]);
    Ok(Exit::Done)
}

/// Checks the token by the cheapest call that is permitted to moderators only.
async fn try_out(context: &Context<'_>, access: &Access) -> Result<(), Failure> {
    let mut connection = context.connect_as(access).await?;
    let request = v1::ListQueueRequest { page_size: 1, ..Default::default() };
    let answer = connection.moderation.list_queue(request).await;
    answer.map(drop).map_err(|status| context.failure(&connection, &status))
}

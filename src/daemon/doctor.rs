//! `duyetd doctor`: shows what an operator needs to know about the database before changing keys.

use super::commands::say;
use crate::{
    config::Config,
    domain::key::KeyUsage,
    server,
    service::{self, KeyState, KeyStates},
    store::Store,
};

/// Prints how many rows depend on each key. Can run while a server is running.
pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let store = server::open_existing_store(&config)?;
    let result = examine(&config, &*store).await;
    store.close().await;
    result
}

async fn examine(config: &Config, store: &dyn Store) -> anyhow::Result<()> {
    server::migrate(store).await?;
    let keyring = server::check_keyring(config)?;
    let KeyStates { keys, unmarked } = service::key_states(store, keyring.as_ref(), server::now()).await?;
    say(line(["KEY", "FINGERPRINT", "STATE", "COMMENTS", "ADDRESSES", "BANS", "REPORTS", "TOKENS"]))?;
    for state in &keys {
        say(line(cells(
            &state.key.record.kid.to_string(),
            &server::fingerprint(state),
            state_of(state),
            &state.usage,
        )))?;
    }
    if unmarked != KeyUsage::default() {
        say(line(cells("?", "-", "recorded first", &unmarked)))?;
    }
    Ok(())
}

const fn state_of(state: &KeyState) -> &'static str {
    match (state.is_held, state.key.given_up_at, state.usage.rows()) {
        (true, _, 0) => "held, unused",
        (true, ..) => "held",
        (false, Some(_), _) => "given up",
        (false, None, 0) => "gone, unused",
        (false, None, _) => "MISSING",
    }
}

fn cells(kid: &str, fingerprint: &str, state: &str, usage: &KeyUsage) -> [String; 8] {
    let KeyUsage { comments, addresses, bans, reports, tokens } = usage;
    let numbers = [comments, addresses, bans, reports, tokens].map(ToString::to_string);
    let [comments, addresses, bans, reports, tokens] = numbers;
    [kid.to_owned(), fingerprint.to_owned(), state.to_owned(), comments, addresses, bans, reports, tokens]
}

fn line<T: std::fmt::Display>(cells: [T; 8]) -> String {
    let [kid, fingerprint, state, comments, addresses, bans, reports, tokens] = cells;
    format!("{kid:<4} {fingerprint:<12} {state:<15} {comments:>10} {addresses:>10} {bans:>8} {reports:>8} {tokens:>7}")
}

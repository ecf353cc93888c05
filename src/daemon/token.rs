//! `duyetd token`: accesses the database directly, so it needs no running server.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};

use super::{arguments::TokenCommand, commands::say};
use crate::{
    config::Config,
    domain::{
        access::{AccessToken, Role, check_name},
        id::SiteId,
    },
    server,
    service::{AccessTokens, NewToken},
    store::Store,
};

pub(super) async fn run(command: TokenCommand, config: Config) -> anyhow::Result<()> {
    if let TokenCommand::Create { role, site, name, .. } = &command {
        // Reports wrong arguments before the database is opened.
        owner(*role, site.as_deref())?;
        check_name(name)?;
    }
    let store = server::open_existing_store(&config)?;
    server::migrate(&*store).await?;
    let result = execute(command, &config, &store).await;
    store.close().await;
    result
}

async fn execute(command: TokenCommand, config: &Config, store: &Arc<dyn Store>) -> anyhow::Result<()> {
    let now = server::now();
    match command {
        TokenCommand::Create { role, site, new_site, name, days } => {
            let expires_at = days.map(|days| now + chrono::Duration::days(days.into()));
            let site = owner(role, site.as_deref())?;
            // Only a server with the same keys accepts the token.
            let keyring = Arc::new(server::open_keys(config, &**store).await?);
            server::admit_keys(config, &**store, &keyring).await?;
            let tokens = AccessTokens::new(Arc::clone(store), keyring);
            if !new_site && role != Role::Metrics {
                check_known(&site, &store.known_sites().await?)?;
            }
            let new = NewToken { site: site.clone(), name, role, expires_at };
            let name = new.name.clone();
            match tokens.create(new, now).await? {
                Some((_, text)) => say(text),
                None => bail!("site {site} has a live token named {name}; revoke it or choose another name"),
            }
        }
        TokenCommand::List { site } => {
            let site = site.as_deref().map(parse_site).transpose()?;
            for token in store.list_tokens(site.as_ref()).await? {
                say(line(&token, now))?;
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            if store.revoke_token(id, now).await? {
                Ok(())
            } else {
                bail!("no live token has the id {id}")
            }
        }
    }
}

/// Rejects unknown sites: a token for a mistyped site would work but show an empty newsroom.
fn check_known(site: &SiteId, known: &[SiteId]) -> anyhow::Result<()> {
    if known.contains(site) {
        return Ok(());
    }
    let known = match known.iter().map(SiteId::as_str).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "it knows none yet".to_owned(),
        some => format!("it knows {some}"),
    };
    bail!(
        "the database does not know the site {site} ({known}): correct the name, or add --new-site to begin a new site"
    )
}

fn line(token: &AccessToken, now: DateTime<Utc>) -> String {
    let state = match (token.revoked_at, token.is_live(now)) {
        (Some(_), _) => "revoked",
        (None, true) => "live",
        (None, false) => "expired",
    };
    let created = token.created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    format!("{}  {:<10} {:<9} {state:<7} {created}  {}", token.id, token.site, token.role, token.name)
}

fn owner(role: Role, site: Option<&str>) -> anyhow::Result<SiteId> {
    match (role, site) {
        (Role::Metrics, None) => Ok(SiteId::of_server()),
        (Role::Metrics, Some(_)) => bail!("a metrics token reads the whole server's metrics: leave --site out"),
        (_, Some(site)) => parse_site(site),
        (_, None) => bail!("--site is needed for this role"),
    }
}

fn parse_site(text: &str) -> anyhow::Result<SiteId> {
    SiteId::parse(text).with_context(|| format!("`{text}` is not a site name: use 1 to 64 characters of a-z 0-9 - _"))
}

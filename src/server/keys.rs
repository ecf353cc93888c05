//! Keys and the database: a ring is used only where it belongs.

use anyhow::{Context as _, bail};

use super::{
    clock::now,
    data_dir,
    database::{migrate, patiently},
};
use crate::{
    config::Config,
    domain::key::KeyUsage,
    keyring::Keyring,
    service::{self, Admission, KeyState},
    store::Store,
};

/// What an operator is told to do.
const ADVICE: &str = "Put the key back (DUYET_KEYS, DUYET_KEYS_FILE, or duyet.keys in the data directory). Without it bans by device, \
    prefix, text and author stop matching, readers lose trust and history, their device cookies and receipts open nothing, an author's \
    comments are no longer found together for export and erasure, and access tokens end. To do without it, start once with --accept-keys \
    (DUYET_ACCEPT_KEYS=true)";

/// The keys that were given, else those of the key file. The file is made for a database without rows only: beside
/// others new keys would end what theirs made.
///
/// # Errors
/// When they cannot be read or made, or when the key file is missing beside a database with rows.
pub async fn open_keys(config: &Config, store: &dyn Store) -> anyhow::Result<Keyring> {
    if let Some(keyring) = data_dir::check_keyring(config)? {
        return Ok(keyring);
    }
    if data_dir::has_database(&config.data_dir) {
        migrate(store).await?;
        let states = patiently(None, || service::key_states(store, None, now())).await?;
        let rows = states.total();
        if rows.rows() > 0 {
            let path = data_dir::key_file(&config.data_dir);
            let lost = format!("{} is missing beside a database with rows that its keys key: {rows}", path.display());
            if !config.accept_keys {
                bail!("{lost}. {ADVICE}");
            }
            tracing::warn!("{lost}; new keys are made as --accept-keys says");
        }
    }
    data_dir::make_keyring(config)
}

/// Records the ring's keys in a migrated database and vouches for its access tokens, waiting for a database that is
/// busy.
///
/// # Errors
/// The store's, and when the ring lacks a key in use and nobody accepted that.
pub async fn admit_keys(config: &Config, store: &dyn Store, keyring: &Keyring) -> anyhow::Result<()> {
    let accept = config.accept_keys;
    let admission = patiently(None, || service::admit_keys(store, keyring, accept, now())).await;
    match admission.context("recording the keys")? {
        Admission::LacksKeys(lacking) => {
            let lacking: Vec<_> = lacking.iter().map(named).collect();
            bail!("the ring of keys does not fit this database. It lacks {}. {ADVICE}", lacking.join("; "))
        }
        Admission::Admitted { converted, strange, given_up } => {
            for state in &given_up {
                tracing::warn!("the server does without {} from now on, as --accept-keys says", named(state));
            }
            if converted > 0 {
                tracing::warn!(
                    tokens = converted,
                    "access tokens of an earlier version were vouched for; `duyetd token list` shows them"
                );
            }
            if strange > 0 {
                tracing::warn!(
                    tokens = strange,
                    "access tokens in the database open nothing: no server with these keys stored them as they are"
                );
            }
            Ok(())
        }
    }
}

/// A key as operators know it, with what it keys.
fn named(state: &KeyState) -> String {
    let KeyState { key, usage, .. } = state;
    let rows =
        if *usage == KeyUsage::default() { "rows that do not say their key".to_owned() } else { usage.to_string() };
    format!("key {} (fingerprint {}): {rows}", key.record.kid, fingerprint(state))
}

/// The start of a key's fingerprint, enough to tell keys apart.
pub fn fingerprint(state: &KeyState) -> String {
    hex::encode(&state.key.record.fingerprint[..4])
}

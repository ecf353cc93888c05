//! Consistency of keys and database: a server starts only with the keys that the database's rows depend on.

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

/// Explains the consequences of a missing key and what an operator can do.
const ADVICE: &str = "Put the key back (DUYET_KEYS, DUYET_KEYS_FILE, or duyet.keys in the data directory). Without it, bans no longer \
    match, readers lose their trust level and history, device cookies, receipts and access tokens become invalid, and an author's \
    comments are no longer found together for export and erasure. To give the key up, start once with --accept-keys \
    (DUYET_ACCEPT_KEYS=true)";

/// Loads the configured keys, or those of the key file. The file is created only for a database without rows, because
/// new keys would make existing rows, tokens and bans unusable.
///
/// # Errors
/// The keys cannot be read or created, or the key file is missing although the database has rows.
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
            let lost =
                format!("{} is missing, and the database has rows that depend on its keys: {rows}", path.display());
            if !config.accept_keys {
                bail!("{lost}. {ADVICE}");
            }
            tracing::warn!("{lost}; new keys are created because of --accept-keys");
        }
    }
    data_dir::make_keyring(config)
}

/// Records the keys in a migrated database and adds their MACs to its access tokens. Waits while the database is busy.
///
/// # Errors
/// The store's errors, and an error if a key in use is missing and the operator has not accepted its loss.
pub async fn admit_keys(config: &Config, store: &dyn Store, keyring: &Keyring) -> anyhow::Result<()> {
    let accept = config.accept_keys;
    let admission = patiently(None, || service::admit_keys(store, keyring, accept, now())).await;
    match admission.context("recording the keys")? {
        Admission::LacksKeys(lacking) => {
            let lacking: Vec<_> = lacking.iter().map(named).collect();
            bail!(
                "the configured keys do not fit this database, because the ring lacks {}. {ADVICE}",
                lacking.join("; ")
            )
        }
        Admission::Admitted { converted, strange, given_up } => {
            for state in &given_up {
                tracing::warn!("gave up {} because of --accept-keys", named(state));
            }
            if converted > 0 {
                tracing::warn!(
                    tokens = converted,
                    "access tokens that an earlier version stored are now accepted; check them with `duyetd token list`"
                );
            }
            if strange > 0 {
                tracing::warn!(
                    tokens = strange,
                    "access tokens in the database are not valid: no server with these keys stored them in this form"
                );
            }
            Ok(())
        }
    }
}

/// Describes a key and the rows that depend on it, for operators.
fn named(state: &KeyState) -> String {
    let KeyState { key, usage, .. } = state;
    let rows =
        if *usage == KeyUsage::default() { "rows without a record of their key".to_owned() } else { usage.to_string() };
    format!("key {} (fingerprint {}): {rows}", key.record.kid, fingerprint(state))
}

/// Returns the beginning of a key's fingerprint, which is enough to distinguish keys.
pub fn fingerprint(state: &KeyState) -> String {
    hex::encode(&state.key.record.fingerprint[..4])
}

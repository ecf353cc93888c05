//! Whether a ring of keys fits the database, before anything is served with it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{
        Result,
        access::AccessToken,
        ban,
        key::{KeyMark, KeyRecord, KeyUsage, RecordedKey, TokenMac},
    },
    keyring::Keyring,
    store::{Store, contract::KeyRecording},
};

/// A recorded key with what it keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    pub key: RecordedKey,
    /// The ring holds it.
    pub is_held: bool,
    pub usage: KeyUsage,
}

/// Every recorded key, and how many rows are keyed by keys that were recorded first without being told which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyStates {
    pub keys: Vec<KeyState>,
    /// Of rows without a mark, where more than one key was recorded first, or none was.
    pub unmarked: KeyUsage,
}

impl KeyStates {
    /// All rows that any key keys.
    pub fn total(&self) -> KeyUsage {
        self.keys.iter().fold(self.unmarked, |sum, state| sum.plus(&state.usage))
    }

    /// What the ring cannot do without: keys that it lacks, that key rows, and that nobody gave up.
    fn lacking(&self) -> Vec<KeyState> {
        let is_lacking = |state: &&KeyState| {
            let unmarked = state.key.is_first && self.unmarked.rows() > 0;
            !state.is_held && state.key.given_up_at.is_none() && (state.usage.rows() > 0 || unmarked)
        };
        self.keys.iter().filter(is_lacking).cloned().collect()
    }
}

/// What became of a ring at a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is recorded, and may be used.
    Admitted {
        /// Tokens that an earlier version stored, and that are vouched for from now on: once for each database.
        converted: usize,
        /// Live tokens that open nothing, because no key of the ring vouches for them.
        strange: usize,
        /// Keys that it lacks, and that were given up although they key rows.
        given_up: Vec<KeyState>,
    },
    /// It lacks keys in use. Nothing was written.
    LacksKeys(Vec<KeyState>),
}

/// Counts what each recorded key keys. Reads whole tables.
///
/// # Errors
/// The store's only.
pub async fn key_states(store: &dyn Store, keyring: Option<&Keyring>, now: DateTime<Utc>) -> Result<KeyStates> {
    let recorded = store.recorded_keys().await?;
    let oldest = ban::recent_months(now).pop().unwrap_or(now);
    let usage: BTreeMap<_, _> = store.key_usage(now, oldest).await?.into_iter().collect();
    let unmarked = usage.get(&None).copied().unwrap_or_default();
    let alone = recorded.iter().filter(|key| key.is_first).count() == 1;
    let held = keyring.map(Keyring::records).unwrap_or_default();
    let tokens = store.list_tokens(None).await?;
    let state = |key: RecordedKey| {
        let marked = usage.get(&Some(key.record.mark)).copied().unwrap_or_default();
        let usage = if key.is_first && alone { marked.plus(&unmarked) } else { marked };
        let tokens = tokens.iter().filter(|token| token.is_live(now) && counts_for(token, key.record.mark, &held));
        let usage = KeyUsage { tokens: i64::try_from(tokens.count()).unwrap_or(i64::MAX), ..usage };
        KeyState { is_held: held.contains(&key.record), key, usage }
    };
    let keys = recorded.into_iter().map(state).collect();
    Ok(KeyStates { keys, unmarked: if alone { KeyUsage::default() } else { unmarked } })
}

/// Whether the token counts for the key: for the first of the ring that vouches for it, and where none does for every other.
fn counts_for(token: &AccessToken, key: KeyMark, held: &[KeyRecord]) -> bool {
    let vouches = |mark: KeyMark| token.macs.iter().any(|made| made.key == mark);
    let first = held.iter().map(|record| record.mark).find(|mark| vouches(*mark));
    first.map_or_else(|| vouches(key), |mark| mark == key)
}

/// Records the ring's keys, and vouches for access tokens by each. A ring that lacks a key in use is an error, unless
/// `accept` says that the server is to do without it from now on.
///
/// # Errors
/// The store's only.
pub async fn admit_keys(store: &dyn Store, keyring: &Keyring, accept: bool, now: DateTime<Utc>) -> Result<Admission> {
    let recorded = store.recorded_keys().await?;
    let held = keyring.records();
    let lacks = |key: &RecordedKey| key.given_up_at.is_none() && !held.contains(&key.record);
    let mut lacking = Vec::new();
    // Only then are whole tables read.
    if recorded.iter().any(lacks) {
        lacking = key_states(store, Some(keyring), now).await?.lacking();
        if !lacking.is_empty() && !accept {
            return Ok(Admission::LacksKeys(lacking));
        }
    }
    let (macs, converted, strange) = vouch(store, keyring, &recorded, now).await?;
    let recording = KeyRecording {
        given_up: recorded.iter().filter(|key| lacks(key)).map(|key| key.record.mark).collect(),
        keys: held.clone(),
        are_first: recorded.is_empty(),
        macs,
        at: now,
    };
    store.record_keys(&recording).await?;
    Ok(Admission::Admitted { converted, strange, given_up: lacking })
}

/// The MACs that tokens are to have by every key of the ring: those that a key of it vouched for, and, on a database
/// that never met a key, all that are there; with the number of the latter, and of live tokens that nobody vouches for.
///
/// A database has met a key once one is recorded or any token has a MAC. Whoever can write the database can hide that
/// only by undoing all of it, which ends every MAC.
async fn vouch(
    store: &dyn Store,
    keyring: &Keyring,
    recorded: &[RecordedKey],
    now: DateTime<Utc>,
) -> Result<(Vec<(Uuid, Vec<TokenMac>)>, usize, usize)> {
    let tokens = store.list_tokens(None).await?;
    let is_new = recorded.is_empty() && tokens.iter().all(|token| token.macs.is_empty());
    let (mut macs, mut converted, mut strange) = (Vec::new(), 0, 0);
    for token in tokens.iter().filter(|token| token.revoked_at.is_none()) {
        if is_new {
            converted += 1;
        } else if !keyring.vouches_for(token) {
            strange += usize::from(token.is_live(now));
            continue;
        }
        let ours = keyring.token_macs(token);
        if !ours.iter().all(|made| token.macs.contains(made)) {
            // Those of other keys stay: a replica that has not got this ring yet needs them.
            let others = token.macs.iter().filter(|made| ours.iter().all(|our| our.key != made.key));
            macs.push((token.id, ours.iter().chain(others).copied().collect()));
        }
    }
    Ok((macs, converted, strange))
}

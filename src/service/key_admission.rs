//! The check at the start that a key ring fits the database, and the record of its keys.

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

/// A recorded key and the number of rows that depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    pub key: RecordedKey,
    /// True when the ring has the key.
    pub is_held: bool,
    pub usage: KeyUsage,
}

/// All recorded keys, with the number of rows that cannot be attributed to one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyStates {
    pub keys: Vec<KeyState>,
    /// The rows without a key mark, when several keys were recorded first, or none was.
    pub unmarked: KeyUsage,
}

impl KeyStates {
    pub fn total(&self) -> KeyUsage {
        self.keys.iter().fold(self.unmarked, |sum, state| sum.plus(&state.usage))
    }

    /// Returns the keys that the ring lacks and that were not given up, if rows depend on them.
    fn lacking(&self) -> Vec<KeyState> {
        let is_lacking = |state: &&KeyState| {
            let unmarked = state.key.is_first && self.unmarked.rows() > 0;
            !state.is_held && state.key.given_up_at.is_none() && (state.usage.rows() > 0 || unmarked)
        };
        self.keys.iter().filter(is_lacking).cloned().collect()
    }
}

/// The result of checking a ring against a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The ring is recorded, and may be used.
    Admitted {
        /// Number of tokens stored by an earlier version, which get a MAC now. That happens once in each database.
        converted: usize,
        /// Number of live tokens that do not work, because no key of the ring made their MAC.
        strange: usize,
        /// Keys that the ring lacks and that were given up although rows depend on them.
        given_up: Vec<KeyState>,
    },
    /// The ring lacks keys in use. Nothing was written.
    LacksKeys(Vec<KeyState>),
}

/// Counts the rows that depend on each recorded key. It reads whole tables.
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

/// A token counts for the first key of the ring that made one of its MACs; if there is none, for every key that made
/// one.
fn counts_for(token: &AccessToken, key: KeyMark, held: &[KeyRecord]) -> bool {
    let vouches = |mark: KeyMark| token.macs.iter().any(|made| made.key == mark);
    let first = held.iter().map(|record| record.mark).find(|mark| vouches(*mark));
    first.map_or_else(|| vouches(key), |mark| mark == key)
}

/// Records the ring's keys, and adds their MACs to the access tokens. If the ring lacks a key in use, nothing is
/// written unless `accept` is true, which means that the key is given up.
pub async fn admit_keys(store: &dyn Store, keyring: &Keyring, accept: bool, now: DateTime<Utc>) -> Result<Admission> {
    let recorded = store.recorded_keys().await?;
    let held = keyring.records();
    let lacks = |key: &RecordedKey| key.given_up_at.is_none() && !held.contains(&key.record);
    let mut lacking = Vec::new();
    // Whole tables are read only when a key is lacking.
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

/// Returns the MACs that tokens get from every key of the ring, the number of tokens converted from an earlier version,
/// and the number of live tokens without a valid MAC by a key of the ring. A token gets MACs if a key of the ring
/// vouches for it with a valid MAC; on a database without any recorded key, every token does.
///
/// A database counts as one without keys only while no key is recorded and no token has a MAC. An attacker who can
/// write to the database could return to that state only by deleting all of them; the log of the next start then
/// reports the converted tokens.
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
            // MACs of other keys are kept: a replica that does not have this ring yet needs them.
            let others = token.macs.iter().filter(|made| ours.iter().all(|our| our.key != made.key));
            macs.push((token.id, ours.iter().chain(others).copied().collect()));
        }
    }
    Ok((macs, converted, strange))
}

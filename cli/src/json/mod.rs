//! The JSON of `--json`, a promise to scripts: every key is always there, what is absent is null, times are RFC 3339 in UTC,
//! statuses and reasons are named as in the API without their prefix. New keys may be added, none changes its meaning.
//! `docs/json.md` lists them, and a test compares.

mod audit;
mod ban;
mod comment;
mod person;
mod policy;
mod queue;
mod result;
mod rules;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use prost_types::Timestamp;
use serde::Serialize;

pub(super) use audit::{Audit, AuditEntry};
pub(super) use ban::{Ban, Banned, Bans, Unbanned};
pub(super) use comment::{Case, Note, Takedown};
pub(super) use person::{Erased, Exported};
pub(super) use policy::{ApprovePending, ArticlePolicy, SitePolicy};
pub(super) use queue::{Queue, QueueEvent, Stats};
pub(super) use result::{
    Bulk, Decisions, Escalated, ItemResult, Login, Noted, Pages, Sender, Standing, Text, Undone, Verdict,
};

pub(super) use rules::{Assessed, Replay, TermPut, Terms};

use super::sanitize;

/// Indented JSON. Characters that a terminal obeys or nobody sees are escaped, so that the data is whole and still harmless.
pub(super) fn render(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| harmless(&text))
}

/// As [`render`], in one line.
pub(super) fn render_line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|text| harmless(&text))
}

fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        // Outside of strings JSON has no such characters but its own line breaks.
        if c != '\n' && sanitize::is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A time of the wire; `None` when absent or out of range.
pub(super) fn time(timestamp: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    let timestamp = timestamp?;
    DateTime::from_timestamp(timestamp.seconds, u32::try_from(timestamp.nanos).ok()?)
}

/// Empty text on the wire means absent.
pub(super) fn present(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// RFC 3339 in UTC, with as many digits as the time has.
pub(super) fn rfc3339(timestamp: Option<&Timestamp>) -> Option<String> {
    time(timestamp).map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

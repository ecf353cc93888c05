//! Messages to the moderator: a key of the message files with its values. The view translates them.

use chrono::{DateTime, Utc};

use super::super::{
    exit::{PriorDecision, local_time},
    names, sanitize,
};
use duyet_locale::{Locale, Value};
use duyet_proto::v1;

/// Longest name of a reader in a message, in characters.
const LONGEST_NAME: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) key: &'static str,
    pub(super) tone: Tone,
    values: Vec<(&'static str, MessageValue)>,
}

/// The importance of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Confirms success.
    Calm,
    /// Needs the moderator's attention.
    Alert,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum MessageValue {
    Text(String),
    Count(usize),
    /// A name of the API, and its kind.
    Word(&'static str, String),
    Time(DateTime<Utc>),
}

impl Message {
    pub(super) const fn calm(key: &'static str) -> Self {
        Self { key, tone: Tone::Calm, values: vec![] }
    }

    pub(super) const fn alert(key: &'static str) -> Self {
        Self { key, tone: Tone::Alert, values: vec![] }
    }

    pub(super) fn text(self, place: &'static str, text: &str) -> Self {
        self.with(place, MessageValue::Text(text.to_owned()))
    }

    /// Adds a reader's name, cut to the limit.
    pub(super) fn name(self, place: &'static str, name: &str) -> Self {
        self.with(place, MessageValue::Text(name.chars().take(LONGEST_NAME).collect()))
    }

    pub(super) fn count(self, place: &'static str, count: usize) -> Self {
        self.with(place, MessageValue::Count(count))
    }

    pub(super) fn word(self, place: &'static str, kind: &'static str, name: &str) -> Self {
        self.with(place, MessageValue::Word(kind, name.to_owned()))
    }

    pub(super) fn time(self, place: &'static str, at: Option<DateTime<Utc>>) -> Self {
        self.with(place, at.map_or_else(|| MessageValue::Text("?".to_owned()), MessageValue::Time))
    }

    pub(super) fn conflict(author: &str, prior: &PriorDecision) -> Self {
        Self::alert("triage-conflict")
            .name("author", author)
            .name("actor", &prior.decided_by)
            .word("status", "status", &prior.status)
            .time("at", prior.decided_at)
    }

    /// Formats the message as one line, sanitized.
    pub(super) fn say(&self, locale: Locale) -> String {
        let values = self.values.iter().map(|(name, place)| {
            let value = match place {
                MessageValue::Text(text) => Value::from(text.as_str()),
                MessageValue::Count(count) => Value::from(*count),
                MessageValue::Word(kind, name) => Value::from(names::words(locale, kind, name)),
                MessageValue::Time(at) => Value::from(local_time(*at, locale)),
            };
            (*name, value)
        });
        sanitize::line(&locale.text_with(self.key, &values.collect::<Vec<_>>()))
    }

    fn with(mut self, name: &'static str, place: MessageValue) -> Self {
        self.values.push((name, place));
        self
    }
}

pub(super) const fn decision_key(action: v1::Action) -> &'static str {
    match action {
        v1::Action::Approve => "triage-approved",
        v1::Action::Spam => "triage-marked-spam",
        _ => "triage-rejected",
    }
}

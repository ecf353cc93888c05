//! What the moderator is told: a key of the locale files and what fills its places, put into words by the view.

use chrono::{DateTime, Utc};

use super::super::{
    names,
    outcome::{Standing, local_time},
    sanitize,
};
use duyet_locale::{Locale, Value};
use duyet_proto::v1;

/// Longest piece of a stranger's text in a message, in characters.
const LONGEST_NAME: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) key: &'static str,
    pub(super) tone: Tone,
    places: Vec<(&'static str, Place)>,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// It went as it should.
    Calm,
    /// It should be read.
    Alert,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Text(String),
    Count(usize),
    /// A name of the wire, of this kind.
    Word(&'static str, String),
    Time(DateTime<Utc>),
}

impl Message {
    pub(super) const fn calm(key: &'static str) -> Self {
        Self { key, tone: Tone::Calm, places: vec![] }
    }

    pub(super) const fn alert(key: &'static str) -> Self {
        Self { key, tone: Tone::Alert, places: vec![] }
    }

    pub(super) fn text(self, place: &'static str, text: &str) -> Self {
        self.with(place, Place::Text(text.to_owned()))
    }

    /// A stranger's name, kept short.
    pub(super) fn name(self, place: &'static str, name: &str) -> Self {
        self.with(place, Place::Text(name.chars().take(LONGEST_NAME).collect()))
    }

    pub(super) fn count(self, place: &'static str, count: usize) -> Self {
        self.with(place, Place::Count(count))
    }

    pub(super) fn word(self, place: &'static str, kind: &'static str, name: &str) -> Self {
        self.with(place, Place::Word(kind, name.to_owned()))
    }

    pub(super) fn time(self, place: &'static str, at: Option<DateTime<Utc>>) -> Self {
        self.with(place, at.map_or_else(|| Place::Text("?".to_owned()), Place::Time))
    }

    /// A colleague was first.
    pub(super) fn conflict(author: &str, standing: &Standing) -> Self {
        Self::alert("triage-conflict")
            .name("author", author)
            .name("actor", &standing.decided_by)
            .word("status", "status", &standing.status)
            .time("at", standing.decided_at)
    }

    /// In words, on one line, safe to show.
    pub(super) fn say(&self, locale: Locale) -> String {
        let values = self.places.iter().map(|(name, place)| {
            let value = match place {
                Place::Text(text) => Value::from(text.as_str()),
                Place::Count(count) => Value::from(*count),
                Place::Word(kind, name) => Value::from(names::words(locale, kind, name)),
                Place::Time(at) => Value::from(local_time(*at, locale)),
            };
            (*name, value)
        });
        sanitize::line(&locale.text_with(self.key, &values.collect::<Vec<_>>()))
    }

    fn with(mut self, name: &'static str, place: Place) -> Self {
        self.places.push((name, place));
        self
    }
}

/// The name of what a decision did, for the key that says it.
pub(super) const fn verdict(action: v1::Action) -> &'static str {
    match action {
        v1::Action::Approve => "triage-approved",
        v1::Action::Spam => "triage-marked-spam",
        _ => "triage-rejected",
    }
}

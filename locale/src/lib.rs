//! Messages, names and numbers in Vietnamese and English. The files in `vi/` and `en/` are part of the binary and are
//! parsed once. A message that one language lacks is taken from English, and an unknown key is returned unchanged, so
//! that no message is ever empty.

mod names;
mod number;

use std::{str::FromStr, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

pub use names::{Named, plain as plain_name};

const VI: &str =
    concat!(include_str!("vi/service.ftl"), "\n", include_str!("vi/client.ftl"), "\n", include_str!("vi/triage.ftl"));
const EN: &str =
    concat!(include_str!("en/service.ftl"), "\n", include_str!("en/client.ftl"), "\n", include_str!("en/triage.ftl"));

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle(Locale::Vi, VI), bundle(Locale::En, EN)]);

/// A language of the messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// Vietnamese: the default everywhere.
    #[default]
    Vi,
    /// English.
    En,
}

/// A value for a placeholder in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Shown unchanged.
    Text(String),
    /// Shown with separators between thousands; selects the plural where the language has one.
    Number(i64),
}

impl Locale {
    /// Returns the language's tag, `vi` or `en`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Returns the supported language with the highest weight in an `accept-language` header; `None` if it has none.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let locale = parts.next().and_then(Self::from_range);
            let weight =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.trim().parse::<f32>().ok());
            if let (Some(locale), Some(weight)) = (locale, weight) {
                // Of equal weights the first wins.
                if weight > best.map_or(0.0, |(_, heaviest)| heaviest) {
                    best = Some((locale, weight));
                }
            }
        }
        best.map(|(locale, _)| locale)
    }

    /// Returns the language of `LC_ALL`, `LC_MESSAGES` or `LANG`, such as `en_US.UTF-8`; Vietnamese for any other.
    pub fn from_env(value: &str) -> Self {
        value.split(['_', '.', '@']).next().and_then(|language| language.parse().ok()).unwrap_or_default()
    }

    /// Returns the message of a key without placeholders.
    pub fn text(self, key: &str) -> String {
        self.text_with(key, &[])
    }

    /// Returns the message of a key with its placeholders filled.
    pub fn text_with(self, key: &str, values: &[(&str, Value)]) -> String {
        self.find(key, values).or_else(|| Self::En.find(key, values)).unwrap_or_else(|| key.to_owned())
    }

    fn find(self, key: &str, values: &[(&str, Value)]) -> Option<String> {
        let bundle = match self {
            Self::Vi => &BUNDLES[0],
            Self::En => &BUNDLES[1],
        };
        let pattern = bundle.get_message(key)?.value()?;
        let args = values.iter().map(|(name, value)| (*name, value.as_fluent())).collect::<FluentArgs>();
        // A placeholder without a value shows its name; the message stays readable, so the errors are dropped.
        let mut errors = vec![];
        Some(bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }

    fn from_range(range: &str) -> Option<Self> {
        if range == "*" {
            return Some(Self::default());
        }
        range.split('-').next()?.parse().ok()
    }
}

impl FromStr for Locale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "vi" => Ok(Self::Vi),
            "en" => Ok(Self::En),
            _ => Err(format!("{text:?} is neither vi nor en")),
        }
    }
}

impl Value {
    fn as_fluent(&self) -> FluentValue<'_> {
        match self {
            Self::Text(text) => FluentValue::from(text.as_str()),
            Self::Number(number) => FluentValue::from(*number),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Parses the messages of a language. A broken entry loses only its own message; a test keeps the files whole.
fn bundle(locale: Locale, source: &str) -> FluentBundle<FluentResource> {
    let language = locale.as_str().parse::<LanguageIdentifier>().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks around values confuse terminals and screen readers, and both languages are written left to right.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match locale {
        Locale::Vi => number::vietnamese,
        Locale::En => number::english,
    }));
    // Fluent cannot match an empty text in a selector, so messages select by its length. Adding it once cannot fail.
    let _ = bundle.add_function("LENGTH", |values, _| match values.first() {
        Some(FluentValue::String(text)) => FluentValue::from(text.chars().count()),
        _ => FluentValue::Error,
    });
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests;

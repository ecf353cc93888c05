//! The input of a frame.

use chrono::{DateTime, Utc};

use super::{super::state::State, palette::Palette};
use duyet_locale::{Locale, Value};

/// Everything that a frame depends on.
pub(in crate::triage) struct Scene<'a> {
    pub(in crate::triage) state: &'a State,
    pub(in crate::triage) locale: Locale,
    pub(in crate::triage) palette: Palette,
    pub(in crate::triage) now: DateTime<Utc>,
}

impl Scene<'_> {
    pub(super) fn text(&self, key: &str) -> String {
        self.locale.text(key)
    }

    pub(super) fn text_with(&self, key: &str, values: &[(&str, Value)]) -> String {
        self.locale.text_with(key, values)
    }
}

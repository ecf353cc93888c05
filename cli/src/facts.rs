//! Labelled facts, one per line, with the labels aligned. Callers sanitize the values, because some contain markup of
//! the client.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::table;
use duyet_locale::Locale;

const LABEL: Style = Style::new().bold();

/// Draws the facts that have a value. Each label has the key `cli-fact-…`.
pub(super) fn list(facts: &[(&str, String)], locale: Locale) -> String {
    let labelled = facts.iter().filter(|(_, value)| !value.is_empty());
    let labelled = labelled.map(|(key, value)| (locale.text(&format!("cli-fact-{key}")), value)).collect::<Vec<_>>();
    let widest = labelled.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    let lines = labelled.iter().map(|(label, value)| format!("{LABEL}{}{LABEL:#}  {value}", table::pad(label, widest)));
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn heading(key: &str, locale: Locale) -> String {
    format!("{LABEL}{}{LABEL:#}", locale.text(key))
}

//! Parses settings from TOML and reports all errors with their positions.

use super::{
    problem::{ConfigError, ConfigProblem},
    settings::Settings,
};

/// Maximum number of problems that are reported for one file.
const MOST_PROBLEMS: usize = 20;

impl Settings {
    /// Parses settings from TOML.
    ///
    /// # Errors
    /// All problems, one per line, with line and column.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let (settings, problems) = Self::from_faulty_toml(text);
        if problems.is_empty() { Ok(settings) } else { Err(ConfigError(problems)) }
    }

    /// Parses as much of the TOML text as possible, so that one error does not hide others.
    pub(super) fn from_faulty_toml(text: &str) -> (Self, Vec<ConfigProblem>) {
        let (mut rest, mut found, mut settings) = (text.to_owned(), vec![], Self::default());
        for _ in 0..MOST_PROBLEMS {
            let error = match toml::from_str(&rest) {
                Ok(read) => {
                    settings = read;
                    break;
                }
                Err(error) => error,
            };
            found.push((error.span().map_or(0, |span| span.start), placed(&error, &rest)));
            let Some(without) = without_line(&rest, &error) else { break };
            rest = without;
        }
        // The parser reports errors in tables before earlier ones.
        found.sort_by_key(|(at, _)| *at);
        (settings, found.into_iter().map(|(_, problem)| problem).collect())
    }
}

/// Describes the problem with its position. The library's own text quotes the line, which may contain a secret.
fn placed(error: &toml::de::Error, text: &str) -> ConfigProblem {
    let message = error.message().to_owned();
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return ConfigProblem::Toml { place: String::new(), key: None, message };
    };
    let line = before.matches('\n').count() + 1;
    let start = before.rsplit('\n').next().unwrap_or_default();
    let column = start.chars().count() + 1;
    // Names the key with the invalid value, but shows nothing else of the line.
    let key = start.split_once('=').map(|(key, _)| key.trim());
    let is_name = |key: &&str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '.'));
    let key = key.filter(is_name).map(str::to_owned);
    ConfigProblem::Toml { place: format!("line {line}, column {column}: "), key, message }
}

/// Blanks out the line with the error, so that the positions of other lines stay the same. Returns `None` if that would
/// change the meaning of other lines.
fn without_line(text: &str, error: &toml::de::Error) -> Option<String> {
    let at = error.span()?.start;
    let start = text.get(..at)?.rfind('\n').map_or(0, |line_break| line_break + 1);
    let line = text[start..].lines().next()?;
    let is_key = line.contains('=') && !line.trim_start().starts_with('[');
    is_key.then(|| format!("{}{}{}", &text[..start], " ".repeat(line.len()), &text[start + line.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_place_and_never_shows_the_line() {
        for (text, place) in [
            ("log = \"info\"\nredis_url = \"redis://:hunter2@h\nkeys = \"k\"\n", "line 2, column "),
            ("log = \"info\"\nkeys = 1:hunter2\n", "line 2, column "),
            ("keys = \"hunter2\" \"hunter2\"\n", "line 1, column "),
            ("keys = \"hunter2\"\nkeys = \"hunter2\"\n", "line 2, column 1:"),
            ("kéys = \"hunter2\"\n", "line 1, column 2:"),
        ] {
            let error = Settings::from_toml(text).unwrap_err().to_string();
            assert!(error.starts_with(place) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn all_wrong_keys_of_a_file_are_reported_at_once() {
        let text = "logg = \"info\"\n[grpc]\nadr = \"x\"\nreflection = false\n[text]\nname = \"long\"\n";
        let error = Settings::from_toml(text).unwrap_err().to_string();
        let places: Vec<_> = error.lines().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(places, ["line 1", "line 3", "line 6"], "{error}");
        let (settings, _) = Settings::from_faulty_toml(text);
        assert_eq!(settings.grpc.reflection, Some(false));
    }
}

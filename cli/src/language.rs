//! The language, chosen before arguments are parsed: `--lang`, then `DUYET_LANG`, then the locale of the environment.

use std::ffi::OsString;

use duyet_locale::Locale;

/// Chooses the language. `variable` reads the environment. The argument parser rejects unknown words.
pub(super) fn choose(args: impl IntoIterator<Item = OsString>, variable: impl Fn(&str) -> Option<String>) -> Locale {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    from_args(args)
        .or_else(|| given("DUYET_LANG")?.parse().ok())
        .or_else(|| ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(given).map(|value| Locale::from_env(&value)))
        .unwrap_or_default()
}

fn from_args(args: impl IntoIterator<Item = OsString>) -> Option<Locale> {
    let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned()).take_while(|arg| arg != "--");
    while let Some(arg) = args.next() {
        if arg == "--lang" {
            return args.next()?.parse().ok();
        }
        if let Some(value) = arg.strip_prefix("--lang=") {
            return value.parse().ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose_for(args: &[&str], variables: &[(&str, &str)]) -> Locale {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        choose(args.iter().map(OsString::from), find)
    }

    #[test]
    fn the_argument_takes_precedence_over_the_environment() {
        assert_eq!(choose_for(&["duyet", "queue", "--lang", "en"], &[("DUYET_LANG", "vi")]), Locale::En);
        assert_eq!(choose_for(&["duyet", "--lang=vi", "queue"], &[("LANG", "en_US.UTF-8")]), Locale::Vi);
        assert_eq!(choose_for(&["duyet", "--", "--lang=en"], &[]), Locale::Vi);
    }

    #[test]
    fn duyet_lang_takes_precedence_over_the_locale_and_empty_variables_are_ignored() {
        assert_eq!(choose_for(&[], &[("DUYET_LANG", "vi"), ("LANG", "en_US.UTF-8")]), Locale::Vi);
        assert_eq!(choose_for(&[], &[("DUYET_LANG", ""), ("LC_ALL", ""), ("LANG", "en_US.UTF-8")]), Locale::En);
        assert_eq!(choose_for(&[], &[]), Locale::Vi);
    }
}

//! Names of the wire's values: bare (`OFF_TOPIC`) for JSON and scripts, in words for people.

use crate::{locale::Locale, proto::v1};

/// A status, `None` when unspecified or newer than this client.
pub(super) fn status(value: i32) -> Option<&'static str> {
    bare(v1::CommentStatus::try_from(value).ok()?.as_str_name(), "COMMENT_STATUS_")
}

/// A reason, as [`status`].
pub(super) fn reason(value: i32) -> Option<&'static str> {
    bare(v1::Reason::try_from(value).ok()?.as_str_name(), "REASON_")
}

/// A mode, as [`status`].
pub(super) fn mode(value: i32) -> Option<&'static str> {
    bare(v1::Mode::try_from(value).ok()?.as_str_name(), "MODE_")
}

/// A bare name in words, from the key `<kind>-<name>`; a name that this client does not know stays as it is.
pub(super) fn words(locale: Locale, kind: &str, name: &str) -> String {
    let key = format!("{kind}-{}", name.to_ascii_lowercase().replace('_', "-"));
    Some(locale.text(&key)).filter(|text| *text != key).unwrap_or_else(|| name.to_owned())
}

fn bare(name: &'static str, prefix: &str) -> Option<&'static str> {
    name.strip_prefix(prefix).filter(|name| *name != "UNSPECIFIED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_bare_name_and_words_in_both_languages() {
        let named = (1..=6).map(|value| ("status", status(value)));
        let named = named.chain((1..=11).map(|value| ("reason", reason(value))));
        let named = named.chain((1..=5).map(|value| ("mode", mode(value))));
        let actions = ["APPROVE", "REJECT", "SPAM", "REQUEUE", "UPDATE_ARTICLE"];
        for (kind, name) in named.chain(actions.map(|name| ("action", Some(name)))) {
            for locale in [Locale::Vi, Locale::En] {
                assert_ne!(words(locale, kind, name.unwrap()), name.unwrap());
            }
        }
    }

    #[test]
    fn unspecified_and_unknown_values_have_no_name() {
        assert_eq!((status(0), status(99), mode(0), reason(-1)), (None, None, None, None));
        assert_eq!(words(Locale::En, "action", "LOCKDOWN"), "LOCKDOWN");
    }
}

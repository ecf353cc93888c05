//! Names of values of the API: bare (`OFF_TOPIC`) as the command line accepts them, and in words. A value that is
//! unspecified or newer than this client has no name.

use duyet_locale::Locale;
use duyet_proto::v1;

pub(super) fn status(value: i32) -> Option<&'static str> {
    bare(v1::CommentStatus::try_from(value).ok()?.as_str_name(), "COMMENT_STATUS_")
}

pub(super) fn reason(value: i32) -> Option<&'static str> {
    bare(v1::Reason::try_from(value).ok()?.as_str_name(), "REASON_")
}

pub(super) fn mode(value: i32) -> Option<&'static str> {
    bare(v1::Mode::try_from(value).ok()?.as_str_name(), "MODE_")
}

pub(super) fn subject(value: i32) -> Option<&'static str> {
    bare(v1::BanSubject::try_from(value).ok()?.as_str_name(), "BAN_SUBJECT_")
}

pub(super) fn effect(value: i32) -> Option<&'static str> {
    bare(v1::BanEffect::try_from(value).ok()?.as_str_name(), "BAN_EFFECT_")
}

pub(super) fn takedown(value: i32) -> Option<&'static str> {
    bare(v1::TakedownKind::try_from(value).ok()?.as_str_name(), "TAKEDOWN_KIND_")
}

pub(super) fn tier(value: i32) -> Option<&'static str> {
    bare(v1::TermTier::try_from(value).ok()?.as_str_name(), "TERM_TIER_")
}

pub(super) fn state(value: i32) -> Option<&'static str> {
    bare(v1::TermState::try_from(value).ok()?.as_str_name(), "TERM_STATE_")
}

pub(super) fn assessment(value: i32) -> Option<&'static str> {
    bare(v1::Verdict::try_from(value).ok()?.as_str_name(), "VERDICT_")
}

pub(super) fn action(value: v1::Action) -> &'static str {
    bare(value.as_str_name(), "ACTION_").unwrap_or_default()
}

/// Translates a name by the key `<kind>-<name>`. Returns an unknown name unchanged.
pub(super) fn words(locale: Locale, kind: &str, name: &str) -> String {
    let key = format!("{kind}-{}", name.to_ascii_lowercase().replace('_', "-"));
    Some(locale.text(&key)).filter(|text| *text != key).unwrap_or_else(|| name.to_owned())
}

fn bare(name: &'static str, prefix: &str) -> Option<&'static str> {
    name.strip_prefix(prefix).filter(|name| *name != "UNSPECIFIED")
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;
    use crate::choices::ActionChoice;

    #[test]
    fn every_value_has_a_bare_name_and_words_in_both_languages() {
        let named = (1..=6).map(|value| ("status", status(value)));
        let named = named.chain((1..=11).map(|value| ("reason", reason(value))));
        let named = named.chain((1..=5).map(|value| ("mode", mode(value))));
        let named = named.chain((1..=4).map(|value| ("subject", subject(value))));
        let named = named.chain((1..=2).map(|value| ("effect", effect(value))));
        let named = named.chain((1..=2).map(|value| ("takedown", takedown(value))));
        let named = named.chain(
            (1..=3)
                .flat_map(|value| [("tier", tier(value)), ("state", state(value)), ("assessment", assessment(value))]),
        );
        let actions = ActionChoice::value_variants().iter().map(|action| ("action", Some(action.name())));
        for (kind, name) in named.chain(actions) {
            for locale in [Locale::Vi, Locale::En] {
                assert_ne!(words(locale, kind, name.unwrap()), name.unwrap());
            }
        }
    }

    #[test]
    fn unspecified_and_unknown_values_have_no_name() {
        assert_eq!((status(0), status(99), mode(0), reason(-1)), (None, None, None, None));
        assert_eq!(words(Locale::En, "action", "NEW_DEED"), "NEW_DEED");
    }
}

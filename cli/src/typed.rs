//! Values as people type them: reasons and rules by their names in either language, scores with a point or a comma.

use std::{error::Error, fmt, num::ParseFloatError};

use super::lookup;
use duyet_locale::{Locale, Named};
use duyet_proto::v1;

/// The reason `other` in the spellings after which a note is required. The argument parser compares them with the
/// text that was typed; for any other spelling the service requires the note.
pub(super) const OTHER: [(&str, &str); 3] = [("reason", "other"), ("reason", "khac"), ("reason", "khác")];

/// The name of a reason or rule that does not exist.
#[derive(Debug)]
pub(super) struct UnknownName {
    named: Named,
    typed: String,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown name {:?}", self.typed)
    }
}

impl Error for UnknownName {}

impl UnknownName {
    pub(super) fn accepted(&self, locale: Locale) -> Vec<&'static str> {
        accepted(self.named, locale)
    }

    /// Returns the names most similar to the unknown one, in either language.
    pub(super) fn nearest(&self) -> Vec<String> {
        let mut known = [Locale::Vi, Locale::En].map(|locale| accepted(self.named, locale)).concat();
        known.sort_unstable();
        known.dedup();
        lookup::nearest(&duyet_locale::plain_name(&self.typed), known.into_iter().map(str::to_owned).collect())
    }
}

pub(super) fn accepted(named: Named, locale: Locale) -> Vec<&'static str> {
    named.typed(locale).into_iter().filter(|name| named == Named::Rule || reason(name).is_ok()).collect()
}

pub(super) fn reason(typed: &str) -> Result<v1::Reason, UnknownName> {
    let reason = Named::Reason.wire(typed).and_then(|name| v1::Reason::from_str_name(&format!("REASON_{name}")));
    // Only the service sets `EXPIRED`.
    let reason = reason.filter(|reason| *reason != v1::Reason::Expired);
    reason.ok_or_else(|| UnknownName { named: Named::Reason, typed: typed.to_owned() })
}

/// Parses a rule and returns its name on the wire.
pub(super) fn rule(typed: &str) -> Result<String, UnknownName> {
    // A newer service may have rules that this client does not know, so the service checks names spelt like the wire's.
    let is_wire_name = !typed.is_empty() && typed.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    match Named::Rule.wire(typed) {
        Some(name) => Ok(name.to_owned()),
        None if is_wire_name => Ok(typed.to_owned()),
        None => Err(UnknownName { named: Named::Rule, typed: typed.to_owned() }),
    }
}

/// Parses a number with a decimal point, or with a decimal comma as Vietnamese output has it.
pub(super) fn number(typed: &str) -> Result<f64, ParseFloatError> {
    typed.replace(',', ".").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_known_in_both_languages() {
        for typed in ["spam-ad", "SPAM_AD", "Spam-Ad", "quang-cao", "quảng cáo", "advertising"] {
            assert_eq!(reason(typed).unwrap(), v1::Reason::SpamAd, "{typed}");
        }
        for typed in ["expired", "qua-han", "lien-ket", ""] {
            assert!(reason(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn rules_are_known_in_both_languages_and_newer_ones_are_left_to_the_service() {
        for typed in ["LINK", "link", "lien-ket", "liên kết"] {
            assert_eq!(rule(typed).unwrap(), "LINK", "{typed}");
        }
        assert_eq!(rule("NEW_RULE").unwrap(), "NEW_RULE");
        assert!(rule("new-rule").is_err() && rule("").is_err());
    }

    #[test]
    fn a_typo_gets_suggestions() {
        assert_eq!(reason("quảng coá").unwrap_err().nearest()[0], "quang-cao");
        assert_eq!(rule("so-dien-toai").unwrap_err().nearest()[0], "so-dien-thoai");
        assert_eq!(rule("lnik").unwrap_err().nearest()[0], "link");
        assert_eq!(reason("xyz").unwrap_err().nearest(), [""; 0]);
    }

    #[test]
    fn accepted_names_leave_out_what_only_the_service_sets() {
        assert_eq!(accepted(Named::Reason, Locale::Vi).len(), 10);
        assert!(accepted(Named::Rule, Locale::Vi).contains(&"dot-spam-cung-noi-dung"));
    }

    #[test]
    fn numbers_have_a_point_or_a_comma() {
        assert_eq!((number("0,25"), number("0.25")), (Ok(0.25), Ok(0.25)));
        assert!(number("nhiều").is_err());
    }
}

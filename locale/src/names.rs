//! Names of decision reasons and of rules, which people both read and type. The message files are the table: the key
//! `reason-spam-ad` names the wire's `SPAM_AD` in each language.

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{Locale, VI};

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The reason of a decision, ban or report.
    Reason,
    /// The rule of a finding.
    Rule,
}

/// A name of the wire with its other spellings, all in the form of [`plain`].
#[derive(Debug)]
struct Entry {
    wire: String,
    /// The wire's name in lower case.
    code: String,
    vietnamese: String,
    english: String,
}

static REASONS: LazyLock<Vec<Entry>> = LazyLock::new(|| entries("reason-"));
static RULES: LazyLock<Vec<Entry>> = LazyLock::new(|| entries("rule-"));

impl Named {
    /// Returns the names as they are typed in a language: without marks and spaces in Vietnamese (`quang-cao`), as on
    /// the wire in English (`spam-ad`).
    pub fn typed(self, locale: Locale) -> Vec<&'static str> {
        let spelling = |entry: &'static Entry| match locale {
            Locale::Vi => entry.vietnamese.as_str(),
            Locale::En => entry.code.as_str(),
        };
        self.entries().iter().map(spelling).collect()
    }

    /// Returns the wire's name for a name in either language, or for the wire's own. Case, tone marks, and the choice
    /// between spaces, hyphens and underscores do not matter. `None` for an unknown name.
    pub fn wire(self, typed: &str) -> Option<&'static str> {
        let wanted = plain(typed);
        let is_wanted = |entry: &&Entry| entry.spellings().contains(&wanted.as_str());
        self.entries().iter().find(is_wanted).map(|entry| entry.wire.as_str())
    }

    fn entries(self) -> &'static [Entry] {
        match self {
            Self::Reason => &REASONS,
            Self::Rule => &RULES,
        }
    }
}

impl Entry {
    fn spellings(&self) -> [&str; 3] {
        [&self.code, &self.vietnamese, &self.english]
    }
}

/// Reads the table from the messages whose keys start with a prefix.
fn entries(prefix: &str) -> Vec<Entry> {
    let keys = VI.lines().filter(|line| line.starts_with(prefix)).filter_map(|line| line.split_once(" = "));
    let entry = |(key, vietnamese): (&str, &str)| Entry {
        wire: key[prefix.len()..].to_ascii_uppercase().replace('-', "_"),
        code: key[prefix.len()..].to_owned(),
        vietnamese: plain(vietnamese),
        english: plain(&Locale::En.text(key)),
    };
    keys.map(entry).collect()
}

/// Returns a name in lower case, without marks, its words joined by hyphens.
pub fn plain(name: &str) -> String {
    let letters = name.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let letters = letters.map(|c| if c == 'đ' { 'd' } else { c }).collect::<String>();
    let words = letters.split([' ', '-', '_']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_name_is_accepted_in_every_spelling() {
        for typed in ["SPAM_AD", "spam-ad", "quang-cao", "quảng cáo", "Quảng-Cáo", "QUANG_CAO", "advertising"] {
            assert_eq!(Named::Reason.wire(typed), Some("SPAM_AD"), "{typed}");
        }
        let decomposed = "đợt spam cùng nội dung".nfd().collect::<String>();
        assert_eq!(Named::Rule.wire(&decomposed), Some("CAMPAIGN"));
        assert_eq!(Named::Rule.wire("lien ket"), Some("LINK"));
    }

    #[test]
    fn an_unknown_name_has_no_wire_name() {
        assert_eq!(
            (Named::Reason.wire("lien-ket"), Named::Rule.wire(""), Named::Rule.wire("lien")),
            (None, None, None)
        );
    }

    #[test]
    fn no_spelling_means_two_things() {
        for named in [Named::Reason, Named::Rule] {
            let mut owners = HashMap::new();
            for entry in named.entries() {
                for spelling in entry.spellings() {
                    let owner = owners.entry(spelling).or_insert(&entry.wire);
                    assert_eq!(*owner, &entry.wire, "{spelling}");
                }
            }
        }
    }

    #[test]
    fn typed_names_lead_back_to_the_wire_in_both_languages() {
        for named in [Named::Reason, Named::Rule] {
            for locale in [Locale::Vi, Locale::En] {
                let back = named.typed(locale).iter().map(|typed| named.wire(typed).unwrap()).collect::<Vec<_>>();
                assert_eq!(back, named.entries().iter().map(|entry| entry.wire.as_str()).collect::<Vec<_>>());
            }
        }
        assert_eq!(Named::Reason.typed(Locale::Vi)[..4], ["lac-de", "xuc-pham", "thu-ghet", "quang-cao"]);
    }

    #[test]
    fn every_reason_and_rule_of_the_service_is_named() {
        let reasons = include_str!("../../proto/duyet/v1/comment.proto").lines();
        let reasons = reasons.filter_map(|line| line.trim().strip_prefix("REASON_")?.split_once(" = "));
        let reasons = reasons.map(|(name, _)| name).filter(|name| *name != "UNSPECIFIED").collect::<Vec<_>>();
        assert!(reasons.len() > 10, "{reasons:?}");
        let rules =
            include_str!("../../src/domain/spam/finding.rs").split_once("named_enum! {\n    /// The field").unwrap();
        let rules =
            rules.0.lines().filter_map(|line| line.split_once(" = \"")?.1.strip_suffix("\",")).collect::<Vec<_>>();
        assert!(rules.len() > 20, "{rules:?}");
        for (named, names) in [(Named::Reason, reasons), (Named::Rule, rules)] {
            for name in names {
                assert_eq!(named.wire(name), Some(name));
            }
        }
    }
}

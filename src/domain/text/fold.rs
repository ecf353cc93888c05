//! Folded forms of a text, for comparisons.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::{spacing::one_space_between, visibility::is_invisible};
use crate::domain::unicode;

/// Folds a text for comparisons, never for validation: NFKC, lower case, no marks, đ as d, no invisible characters, one
/// space between words. Without marks, `các` and `lớn` equal other words, so equal folded texts alone prove nothing.
pub fn fold(text: &str) -> String {
    let stripped = folded_one_by_one(text).unwrap_or_else(|| {
        let lower = text.nfkc().flat_map(char::to_lowercase);
        lower.nfd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c)).map(unicode::plain_d).collect()
    });
    one_space_between(&stripped)
}

/// Converts a name to the form that identifies an author: NFC, lower case, one space between words, no invisible
/// characters. It keeps marks, because names that differ in a mark belong to different people: Hoa, Hòa, Hóa.
pub fn name_key(name: &str) -> String {
    let visible: String = name.nfc().filter(|c| !is_invisible(*c)).collect();
    one_space_between(&visible.to_lowercase().nfc().collect::<String>())
}

/// Folds a text character by character. Returns `None` if the result for a character depends on its context.
fn folded_one_by_one(text: &str) -> Option<String> {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        folded.push(unicode::folded(c)?);
    }
    Some(folded)
}

pub(in crate::domain) fn nfc(text: &str) -> Cow<'_, str> {
    if text.chars().all(unicode::is_stable_nfc) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_keys_differ_only_by_letters_and_marks() {
        let nfd: String = "TRẦN  Thị\u{200b} Hòa".nfd().collect();
        assert_eq!(name_key(&nfd), name_key("trần thị hòa "));
        let names = ["Hoa", "Hòa", "Hóa", "Hỏa", "Hoá hoa"];
        assert_eq!(names.map(name_key).into_iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn folding_makes_marks_and_case_equal() {
        assert_eq!(fold("ĐƯỜNG  Phố"), "duong pho");
        assert_eq!(fold("Đường phố"), fold("đuong PHO"));
        assert_eq!(fold("ｖｉｅｔ"), "viet");
    }
}

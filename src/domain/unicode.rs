//! Cached properties of single characters. The tables of the Unicode crates are searched once for the scripts that
//! newsrooms use most, and at each call for all other characters. Processing a comment takes thousands of calls.

use std::sync::LazyLock;

use unicode_normalization::{
    IsNormalized, UnicodeNormalization as _,
    char::{canonical_combining_class, decompose_compatible, is_combining_mark},
    is_nfc_quick, is_nfkc_quick,
};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// End of the cached code points: Latin with all of Vietnamese, Greek, Cyrillic, and common punctuation.
const KNOWN: u32 = 0x2100;

/// The cached properties of one character.
#[expect(clippy::struct_excessive_bools, reason = "independent properties")]
#[derive(Debug, Clone, Copy)]
struct Properties {
    category: GeneralCategory,
    group: GeneralCategoryGroup,
    stable_nfc: bool,
    compatible: bool,
    joins: bool,
    marked: bool,
    folded: Option<char>,
    stripped: Option<char>,
}

static TABLE: LazyLock<Vec<Properties>> = LazyLock::new(|| known().map(Properties::of).collect());

pub(super) fn known() -> impl Iterator<Item = char> {
    (0..KNOWN).filter_map(char::from_u32)
}

impl Properties {
    fn of(c: char) -> Self {
        let starts = canonical_combining_class(c) == 0;
        let compatible = is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes;
        let lower: Vec<char> = c.to_lowercase().nfd().collect();
        let unmarked = || lower.iter().copied().filter(|c| !is_combining_mark(*c)).map(plain_d);
        let stripped = || std::iter::once(c).nfd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark);
        let stripped = || stripped().map(plain_d);
        Self {
            category: c.general_category(),
            group: c.general_category_group(),
            stable_nfc: starts && !is_combining_mark(c) && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes,
            compatible,
            joins: joins(c),
            marked: c == 'đ' || std::iter::once(c).nfd().nth(1).is_some(),
            folded: single(unmarked())
                .filter(|_| starts && compatible && !is_combining_mark(lower[0]) && !is_format(c)),
            stripped: single(stripped()).filter(|_| starts && compatible),
        }
    }
}

/// Matches format characters. It does not use the table, which is not filled yet.
fn is_format(c: char) -> bool {
    c.general_category() == GeneralCategory::Format
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    characters.next().filter(|_| characters.next().is_none())
}

fn properties(c: char) -> Option<&'static Properties> {
    TABLE.get(usize::try_from(u32::from(c)).ok()?)
}

/// Maps `đ` to `d`. It has no canonical decomposition, so removing marks does not change it.
pub(super) fn plain_d(c: char) -> char {
    match c {
        'đ' => 'd',
        'Đ' => 'D',
        other => other,
    }
}

pub(super) fn category(c: char) -> GeneralCategory {
    properties(c).map_or_else(|| c.general_category(), |known| known.category)
}

pub(super) fn group(c: char) -> GeneralCategoryGroup {
    properties(c).map_or_else(|| c.general_category_group(), |known| known.group)
}

pub(super) fn is_nonspacing(c: char) -> bool {
    !c.is_ascii() && category(c) == GeneralCategory::NonspacingMark
}

/// Matches characters that are composed in any context. A text of such characters is in NFC and has no loose
/// marks. False means unknown.
pub(super) fn is_stable_nfc(c: char) -> bool {
    properties(c).is_some_and(|known| known.stable_nfc)
}

/// Matches characters that compatibility folding (NFKC) does not change.
pub(super) fn is_compatible(c: char) -> bool {
    properties(c).map_or_else(|| is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes, |known| known.compatible)
}

/// Matches characters that may compose with the one before them: marks, Hangul vowels and others.
pub(super) fn joins_the_one_before(c: char) -> bool {
    properties(c).map_or_else(|| joins(c), |known| known.joins)
}

/// Matches letters with a mark, and đ.
pub(super) fn is_marked(c: char) -> bool {
    properties(c).map_or_else(|| std::iter::once(c).nfd().nth(1).is_some(), |known| known.marked)
}

/// Returns the one character that `c` folds to in any context (NFKC, lower case, no marks, đ as d). `None` means that
/// the result depends on the context or has several characters.
pub(super) fn folded(c: char) -> Option<char> {
    properties(c)?.folded
}

/// Returns the one character that is left of `c` without its marks in any context. `None` as for [`folded`].
pub(super) fn stripped(c: char) -> Option<char> {
    properties(c)?.stripped
}

fn joins(c: char) -> bool {
    if u32::from(c) < 0x300 {
        return false;
    }
    let (mut first, mut seen) = (c, false);
    decompose_compatible(c, |part| {
        if !seen {
            first = part;
        }
        seen = true;
    });
    canonical_combining_class(first) != 0 || is_nfkc_quick(std::iter::once(first)) == IsNormalized::Maybe
}

/// Matches characters that are one grapheme next to any other such character. Marks, joiners and carriage returns are
/// not among them.
pub(super) const fn is_single_grapheme(c: char) -> bool {
    matches!(c, '\n' | ' '..='\u{2ff}' | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{2027}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_equals_unicode_and_covers_vietnamese() {
        for c in ('\0'..='\u{2fff}').chain('\u{1f000}'..='\u{1f9ff}') {
            assert_eq!((category(c), group(c)), (c.general_category(), c.general_category_group()), "{c:?}");
            assert_eq!(joins_the_one_before(c), joins(c), "{c:?}");
        }
        for c in "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ".chars()
        {
            for c in std::iter::once(c).chain(c.to_uppercase()) {
                assert!(is_stable_nfc(c) && is_compatible(c) && is_single_grapheme(c), "{c}");
                assert!(folded(c).unwrap().is_ascii_lowercase() && stripped(c).unwrap().is_ascii_alphabetic(), "{c}");
            }
        }
        assert_eq!([folded('Đ'), folded('İ'), folded('\u{301}'), folded('ﬁ')], [Some('d'), Some('i'), None, None]);
    }
}

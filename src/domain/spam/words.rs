//! Single words with obfuscation undone: look-alikes, stretched letters, and digits in place of letters.

use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization as _;

use super::characters::{
    is_decimal, is_digit, is_enclosed_letter, is_greek_or_cyrillic, is_latin, is_letter, lookalike,
};
use crate::domain::unicode;

/// Returns whether the word mixes scripts, and the word after mapping look-alikes and removing underscores and
/// stretched letters.
pub(super) fn undisguised(word: &str, mostly_latin: bool) -> (bool, CompactString) {
    if word.chars().all(|c| is_latin(c) && lookalike(c).is_none()) {
        return (false, if is_cut(word) { word.into() } else { cut(word.chars()) });
    }
    let has = |test: fn(char) -> bool| word.chars().any(|c| is_letter(c) && test(c));
    let mixed = has(is_latin) && has(is_greek_or_cyrillic);
    if !(mixed || mostly_latin || word.chars().any(is_enclosed_letter)) {
        return (false, cut(word.chars()));
    }
    let mut mapped = String::with_capacity(word.len());
    for c in word.chars() {
        match lookalike(c) {
            Some(letters) => mapped.push_str(letters),
            None => mapped.push(c),
        }
    }
    (mixed, cut(mapped.chars()))
}

/// Checks that the word has no underscore and no letter three times in a row.
fn is_cut(word: &str) -> bool {
    let mut last = [None; 2];
    word.chars().all(|c| {
        let again = last == [Some(c); 2];
        last = [last[1], Some(c)];
        c != '_' && !again
    })
}

/// Removes underscores, and cuts repetitions of a letter to two.
fn cut(letters: impl Iterator<Item = char>) -> CompactString {
    let mut last = [None; 2];
    letters
        .filter(|c| {
            let kept = *c != '_' && last != [Some(*c); 2];
            if kept {
                last = [last[1], Some(*c)];
            }
            kept
        })
        .collect()
}

/// Removes the marks and replaces đ by d.
pub(super) fn fold(marked: &CompactString) -> CompactString {
    if marked.is_ascii() {
        return marked.clone();
    }
    marked.chars().map(unicode::stripped).collect::<Option<CompactString>>().unwrap_or_else(|| {
        marked.nfd().filter(|c| !unicode::is_nonspacing(*c)).map(|c| if c == 'đ' { 'd' } else { c }).collect()
    })
}

pub(super) fn is_one_character(folded: &str) -> bool {
    let mut characters = folded.chars();
    characters.next().is_some() && characters.next().is_none()
}

/// Checks whether the word mixes letters and digits without being a number with its unit: `88k`, `5tr`, `50m2`.
pub(super) fn is_leet(folded: &str) -> bool {
    if !folded.chars().any(is_digit) || !folded.chars().any(is_letter) {
        return false;
    }
    let unit = folded.trim_start_matches(is_decimal).trim_end_matches(['2', '3']);
    let is_unit =
        folded.starts_with(is_decimal) && (1..=3).contains(&unit.len()) && unit.bytes().all(|b| b.is_ascii_lowercase());
    !is_unit
}

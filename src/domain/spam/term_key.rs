//! Keys of listed terms, which are equal for different spellings of the same term.

use unicode_normalization::{UnicodeNormalization as _, char::decompose_canonical};

use super::views::{Token, Views};

/// Computes the key of a pattern, which does not depend on case, normalisation form and position of tone marks.
pub fn term_key(pattern: &str) -> String {
    let words: Vec<String> = Views::of(pattern).tokens.iter().map(word_key).collect();
    words.join(" ")
}

/// Moves the tone mark of the word to its end, because `hòa` and `hoà` are the same word.
pub(super) fn word_key(word: &Token) -> String {
    if word.marked.is_ascii() {
        return word.marked.to_string();
    }
    let (mut letters, mut tones) = (String::with_capacity(word.marked.len() + 4), String::new());
    for c in word.marked.chars() {
        decompose_canonical(c, |part| {
            let is_tone = matches!(part, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}');
            if is_tone { &mut tones } else { &mut letters }.push(part);
        });
    }
    // NFD gives the marks of one letter a fixed order.
    letters.push_str(&tones);
    letters.nfd().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_has_one_term_key() {
        for other in ["HOÀ  BÌNH", "hòa bình", "ho\u{61}\u{300} bi\u{300}nh", "hoà, bình"] {
            assert_eq!(term_key(other), term_key("hòa bình"), "{other}");
        }
        assert_ne!(term_key("hoa bình"), term_key("hòa bình"));
    }
}

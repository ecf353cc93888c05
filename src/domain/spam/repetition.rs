//! The same text again: one word over and over inside a comment, or the whole text posted before.

use std::collections::HashMap;

use super::{Field, Finding, Rule};
use crate::domain::text;

const WEIGHT_INSIDE: f64 = 1.5;
const WEIGHT_POSTED: f64 = 2.0;

/// Fewer words than this say nothing about repetition.
const MIN_WORDS: usize = 12;

/// One word that makes up at least half of the text.
pub(super) fn find(content: &str) -> Option<Finding> {
    let words: Vec<&str> = content.split_whitespace().collect();
    if words.len() < MIN_WORDS {
        return None;
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for word in &words {
        *counts.entry(text::fold(word)).or_default() += 1;
    }
    let (folded, _) = counts.into_iter().find(|(_, count)| count * 2 >= words.len())?;
    let first = words.iter().find(|word| text::fold(word) == folded)?;
    // Where the word itself stands, not an earlier word that holds the same letters.
    let start = first.as_ptr().addr() - content.as_ptr().addr();
    Some(Finding::spanning(Rule::RepeatedText, WEIGHT_INSIDE, Field::Content, content, start, start + first.len()))
}

/// The same folded text was posted on the site within a day, by anyone. Short texts ("Hay quá!") repeat by chance: the
/// caller counts texts of 15 folded characters or more only.
pub(super) fn find_posted_before(same_text: i64) -> Option<Finding> {
    (same_text > 0).then(|| Finding::whole(Rule::RepeatedText, WEIGHT_POSTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_over_and_over_is_found_with_its_first_place() {
        let text = format!("Hãy {}", "mua Mua MUA ".repeat(6));
        let found = find(&text).unwrap();
        assert_eq!(&text[found.start..found.end], "mua");
    }

    #[test]
    fn ordinary_and_short_texts_are_fine() {
        assert_eq!(find("hay hay hay"), None);
        assert_eq!(find("Tôi nghĩ rằng cây cầu này sẽ giúp người dân đi lại dễ dàng hơn trước rất nhiều"), None);
    }
}

//! The same text again: one word over and over inside a comment, or the whole text posted before.

use std::collections::HashMap;

use super::{
    Field, Finding, Rule,
    views::{Token, Views},
};

const WEIGHT_INSIDE: f64 = 1.5;
const WEIGHT_POSTED: f64 = 2.0;

/// Fewer words than this say nothing about repetition.
const MIN_WORDS: usize = 12;

/// One word that makes up at least half of the text.
pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let tokens = &views.tokens;
    if tokens.len() < MIN_WORDS {
        return None;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for token in tokens {
        *counts.entry(&token.folded).or_default() += 1;
    }
    let often = |token: &&Token| counts[token.folded.as_str()] * 2 >= tokens.len();
    let first = tokens.iter().find(often)?;
    Some(Finding::spanning(Rule::RepeatedWord, WEIGHT_INSIDE, field, text, first.start, first.end))
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
        let found = find(Field::Content, &text, &Views::of(&text)).unwrap();
        assert_eq!(&text[found.start..found.end], "mua");
    }

    #[test]
    fn ordinary_and_short_texts_are_fine() {
        for text in ["hay hay hay", "Tôi nghĩ rằng cây cầu này sẽ giúp người dân đi lại dễ dàng hơn trước rất nhiều"]
        {
            assert_eq!(find(Field::Content, text, &Views::of(text)), None);
        }
    }
}

//! Repetition: one word many times in a comment, or the same text in several comments.

use super::{
    finding::{Field, Finding, Rule},
    views::{Token, Views},
};

const WEIGHT_INSIDE: f64 = 1.5;
const WEIGHT_POSTED: f64 = 2.0;
const WEIGHT_CAMPAIGN: f64 = 3.0;

/// Number of other authors that make repeated texts a campaign. One reader may post twice by mistake, and two friends
/// may quote each other.
const CAMPAIGN_OTHERS: i64 = 2;

/// Least number of words for a finding. Shorter texts repeat words by chance.
const MIN_WORDS: usize = 12;

/// Finds a word that makes up at least half of the text.
pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let tokens = &views.tokens;
    if tokens.len() < MIN_WORDS {
        return None;
    }
    let is_half = |word: &&str| tokens.iter().filter(|token| token.folded == *word).count() * 2 >= tokens.len();
    let often: Vec<&str> = frequent(tokens).into_iter().filter(is_half).collect();
    let first = tokens.iter().find(|token| often.contains(&token.folded.as_str()))?;
    Some(Finding::spanning(Rule::RepeatedWord, WEIGHT_INSIDE, field, text, first.start, first.end))
}

/// Finds two candidate words. Each word that makes up more than a third of the text is among them (the Misra–Gries
/// algorithm with two counters).
fn frequent(tokens: &[Token]) -> [&str; 2] {
    let mut held = [("", 0_usize); 2];
    for token in tokens {
        let word = token.folded.as_str();
        let place =
            held.iter().position(|(one, _)| *one == word).or_else(|| held.iter().position(|(_, left)| *left == 0));
        match place {
            Some(place) => held[place] = (word, held[place].1 + 1),
            None => held.iter_mut().for_each(|(_, left)| *left -= 1),
        }
    }
    held.map(|(word, _)| word)
}

/// Creates a finding if the same text was posted on the site within a day. With enough other authors, it is a campaign.
pub(super) fn find_posted_before(comments: i64, other_authors: i64) -> Option<Finding> {
    let campaign = other_authors >= CAMPAIGN_OTHERS;
    let found = if campaign { (Rule::Campaign, WEIGHT_CAMPAIGN) } else { (Rule::RepeatedText, WEIGHT_POSTED) };
    (comments > 0).then(|| Finding::whole(found.0, found.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_word_is_found_at_its_first_place() {
        let text = format!("Hãy {}", "mua Mua MUA ".repeat(6));
        let found = find(Field::Content, &text, &Views::of(&text)).unwrap();
        assert_eq!(&text[found.start..found.end], "mua");
    }

    #[test]
    fn half_of_the_words_is_enough() {
        let found = |text: &str| find(Field::Content, text, &Views::of(text)).map(|found| found.start);
        assert_eq!(found("một mua hai mua ba mua bốn mua năm mua sáu mua"), Some("một ".len()));
        assert_eq!(found("mua mua mua mua mua mua một hai ba bốn năm sáu"), Some(0));
        assert_eq!(found("một hai ba bốn năm sáu mua mua mua mua mua mua"), Some("một hai ba bốn năm sáu ".len()));
        assert_eq!(found("bán mua bán mua bán mua bán mua bán mua bán mua"), Some(0));
        assert_eq!(found("một hai ba bốn năm sáu bảy mua mua mua mua mua mua"), None);
    }

    #[test]
    fn ordinary_and_short_texts_are_not_findings() {
        for text in ["hay hay hay", "Tôi nghĩ rằng cây cầu này sẽ giúp người dân đi lại dễ dàng hơn trước rất nhiều"]
        {
            assert_eq!(find(Field::Content, text, &Views::of(text)), None);
        }
    }

    #[test]
    fn the_third_author_makes_it_a_campaign() {
        let rule = |comments, others| find_posted_before(comments, others).map(|finding| finding.rule);
        assert_eq!(rule(0, 0), None);
        assert_eq!(rule(50, 1), Some(Rule::RepeatedText));
        assert_eq!(rule(2, 2), Some(Rule::Campaign));
    }
}

//! Obfuscated letters. Their rules form one group, so they count once per comment: see [`Rule::group`].

use super::{
    characters::{is_greek_or_cyrillic, is_latin, is_letter, is_styled},
    finding::{Field, Finding, Rule},
    views::{Token, Views},
};

const WEIGHT: f64 = 1.5;

/// Least number of letters in a decorative style for a finding. Fewer may be typing errors.
const STYLED_LETTERS: usize = 3;
/// Least number of letters in a spaced-out word. Shorter ones are initials or enumerations.
const SPACED_LETTERS: usize = 4;

pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let (rule, token) = mixed(text, views).or_else(|| styled(text, views)).or_else(|| spaced(text, views))?;
    Some(Finding::spanning(rule, WEIGHT, field, text, token.start, token.end))
}

/// Finds the first word that mixes look-alike letters of two scripts.
fn mixed<'a>(text: &str, views: &'a Views) -> Option<(Rule, &'a Token)> {
    let has = |token: &Token, test: fn(char) -> bool| written(text, token).any(|c| is_letter(c) && test(c));
    let looks = |token: &&Token| has(token, is_latin) && has(token, is_greek_or_cyrillic);
    let possible = (views.notes.mixed > 0).then_some(&views.tokens)?;
    Some((Rule::MixedScript, possible.iter().find(looks)?))
}

fn styled<'a>(text: &str, views: &'a Views) -> Option<(Rule, &'a Token)> {
    let possible = (views.notes.styled >= STYLED_LETTERS).then_some(&views.tokens)?;
    Some((Rule::StyledLetters, possible.iter().find(|token| written(text, token).any(is_styled))?))
}

fn spaced<'a>(text: &str, views: &'a Views) -> Option<(Rule, &'a Token)> {
    let possible = (views.notes.spaced > 0).then_some(&views.tokens)?;
    let is_spaced = |token: &&Token| {
        let letters = token.marked.chars().filter(|c| is_letter(*c)).count();
        let first = token.marked.chars().next();
        let one_letter = token.marked.chars().all(|c| Some(c) == first);
        letters >= SPACED_LETTERS && !one_letter && written(text, token).any(|c| !c.is_alphanumeric())
    };
    Some((Rule::SpacedLetters, possible.iter().find(is_spaced)?))
}

fn written<'a>(text: &'a str, token: &Token) -> impl Iterator<Item = char> + use<'a> {
    text[token.start..token.end].chars()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(Rule, String)> {
        find(Field::Content, text, &Views::of(text)).map(|finding| (finding.rule, finding.excerpt))
    }

    #[test]
    fn every_obfuscation_is_found_with_its_span() {
        for (text, rule, word) in [
            ("vào c\u{430}sino ngay", Rule::MixedScript, "c\u{430}sino"),
            ("vào 𝗰𝗮𝘀𝗶𝗻𝗼 ngay", Rule::StyledLetters, "𝗰𝗮𝘀𝗶𝗻𝗼"),
            ("vào c a s i n o ngay", Rule::SpacedLetters, "c a s i n o"),
        ] {
            assert_eq!(found(text), Some((rule, word.to_owned())), "{text}");
        }
    }

    #[test]
    fn other_scripts_initials_and_enumerations_are_not_findings() {
        for text in
            ["Матрёшка là búp bê Nga, Ω là Ôm", "TP. H.C.M", "tỷ số 3 - 2 - 1", "ha ha ha, ô ô ô ô", "10 km² ở A, B"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

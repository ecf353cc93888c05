//! Messaging apps and abbreviations that move the conversation elsewhere: `zalo`, `ib`, `lh`.

use super::{
    finding::{Field, Finding, Rule},
    views::{Token, Views},
};

const WEIGHT: f64 = 1.0;

const NAMES: [&str; 12] =
    ["zalo", "telegram", "tele", "whatsapp", "wa", "viber", "inbox", "ib", "hotline", "sdt", "lh", "wechat"];

pub(super) fn first(views: &Views) -> Option<&Token> {
    views.tokens.iter().find(|token| NAMES.contains(&token.folded.as_str()))
}

pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let token = first(views)?;
    Some(Finding::spanning(Rule::ContactApp, WEIGHT, field, text, token.start, token.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_are_found_as_whole_words_in_any_spelling() {
        for (text, word) in [("ib em nhé", "ib"), ("qua Z.A.L.O nha", "Z.A.L.O"), ("SĐT em đây", "SĐT")] {
            assert_eq!(find(Field::Content, text, &Views::of(text)).unwrap().excerpt, word);
        }
        assert_eq!(find(Field::Content, "thư viện, biên bản", &Views::of("thư viện, biên bản")), None);
    }
}

//! Words that mix Latin with Cyrillic or Greek letters to slip past word lists.

use unicode_script::{Script, UnicodeScript as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Field, Finding, Rule};

const WEIGHT: f64 = 1.5;

pub(super) fn find(field: Field, text: &str) -> Option<Finding> {
    let (start, word) = text.unicode_word_indices().find(|(_, word)| is_mixed(word))?;
    Some(Finding::spanning(Rule::MixedScript, WEIGHT, field, text, start, start + word.len()))
}

fn is_mixed(word: &str) -> bool {
    let has = |script| word.chars().any(|c| c.script() == script);
    has(Script::Latin) && (has(Script::Cyrillic) || has(Script::Greek))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_inside_a_word_are_found() {
        let text = "vào c\u{430}sino ngay";
        let found = find(Field::Content, text).unwrap();
        assert_eq!(found.excerpt, "c\u{430}sino");
    }

    #[test]
    fn whole_words_of_another_script_are_fine() {
        assert_eq!(find(Field::Content, "Матрёшка là búp bê Nga, Ω là Ôm"), None);
    }
}

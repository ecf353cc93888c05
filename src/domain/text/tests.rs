use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;
use crate::domain::unicode;

/// Emoji and words in which invisible characters have a meaning.
const MEANINGFUL: [&str; 37] = [
    "👨‍👩‍👧‍👦",
    "❤️‍🔥",
    "🏳️‍🌈",
    "🏴‍☠️",
    "👩🏽‍🤝‍👨🏻",
    "👩🏻‍❤️‍💋‍👨🏿",
    "🧑🏿‍🚀",
    "🐦‍⬛",
    "🧔🏼‍♂️",
    "👁️‍🗨️",
    "⛓️‍💥",
    "🙂‍↔️",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "🇻🇳",
    "🇰🇭",
    "1️⃣",
    "#️⃣",
    "☎️",
    "👍🏽",
    "❤️",
    "ខ្ញុំ\u{200b}ស្រឡាញ់\u{200b}ភាសា\u{200b}ខ្មែរ។",
    "ស៊\u{200c}ី",
    "ភាសាខ្មែរ\u{200b}ABC",
    "สวัสดี\u{200b}ครับ",
    "ພາສາ\u{200b}ລາວ",
    "မြန်မာ\u{200b}စာ",
    "བོད་\u{200b}སྐད",
    "می\u{200c}خواهم",
    "کتاب\u{200c}ها",
    "SMS\u{200c}ها",
    "۱۳۹۹ ه\u{200d}",
    "ශ්\u{200d}රී ලංකා",
    "ප්\u{200d}රදේශය",
    "क्\u{200d}ष",
    "র\u{200d}্যাব",
    "അവന്\u{200d}",
];

#[test]
fn meaningful_invisible_characters_stay() {
    for text in MEANINGFUL {
        for text in [text.to_owned(), format!("Chào {text} nhé"), format!("{text}{text}")] {
            assert_eq!((clean_line(&text), clean_block(&text)), (text.clone(), text.clone()), "{text:?}");
            assert_eq!(invisible_characters(&text), 0, "{text:?}");
        }
        assert!(!fold(text).contains(is_invisible), "{text:?}: folding removes them");
    }
}

proptest::proptest! {
    /// Mixes characters with and without cached properties.
    #[test]
    fn fast_paths_equal_slow_paths(text in "[a-zA-ZđĐớỚßİ0-9\u{300}-\u{303}\u{31b}\u{323}\u{1100}-\u{1112}ｎﬁ\r\n \u{200d}👨가-각]{0,12}|\\PC{0,12}") {
        let lower = text.nfkc().flat_map(char::to_lowercase);
        let seen = |c: &char| !is_combining_mark(*c) && !is_invisible(*c);
        let long: String = lower.nfd().filter(seen).map(unicode::plain_d).collect();
        proptest::prop_assert_eq!(fold(&text), long.split_whitespace().collect::<Vec<_>>().join(" "));
        proptest::prop_assert_eq!(graphemes(&text), text.graphemes(true).count());
    }
}

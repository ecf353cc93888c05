//! Cleaning of texts that readers type.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_properties::GeneralCategory;

use super::{
    invisible,
    spacing::{line_break_to_space, one_space_between, spaced_lines},
    visibility::{is_invisible, is_kept},
};
use crate::domain::unicode;

/// Largest number of marks per base letter after NFC. Vietnamese needs none then; Hebrew and Thai need up to 3.
const MAX_MARKS: usize = 4;

/// Cleans a one-line field. Each run of white space becomes one space.
pub fn clean_line(raw: &str) -> String {
    if raw.chars().all(is_ready) {
        return one_space_between(raw);
    }
    empty_if_invisible(one_space_between(&without_invisible_composed(raw.chars().map(line_break_to_space).collect())))
}

/// Cleans a text with paragraphs. Line ends become `\n`, at most one blank line in a row is kept, and both ends are
/// trimmed.
pub fn clean_block(raw: &str) -> String {
    if raw.chars().all(|c| c == '\n' || is_ready(c)) {
        return spaced_lines(raw);
    }
    let raw = raw.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    empty_if_invisible(spaced_lines(&without_invisible_composed(raw.replace('\t', " "))))
}

/// Removes invisible characters and composes the rest, until nothing changes. The loop is needed because a removed
/// character may change whether the joiner next to it has a meaning.
fn without_invisible_composed(mut text: String) -> String {
    loop {
        let next = composed(invisible::seen(&text));
        if next == text {
            return text;
        }
        text = next;
    }
}

/// Returns an empty text if a reader would see nothing of it, as in a name of only selectors and marks.
fn empty_if_invisible(text: String) -> String {
    let is_seen = |c: char| !c.is_whitespace() && !is_invisible(c) && !is_mark_on_another(c);
    if text.chars().any(is_seen) { text } else { String::new() }
}

fn is_mark_on_another(c: char) -> bool {
    matches!(unicode::category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// Matches characters that need no cleaning in any context. Most texts consist of such characters.
fn is_ready(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_control() } else { unicode::is_stable_nfc(c) && is_kept(c) }
}

/// Converts the text to NFC with at most [`MAX_MARKS`] marks per letter. Most texts need no change.
fn composed(text: String) -> String {
    if text.chars().all(unicode::is_stable_nfc) { text } else { cap_marks(text.nfc()) }
}

fn cap_marks(chars: impl Iterator<Item = char>) -> String {
    let mut marks = 0;
    chars
        .filter(|c| {
            marks = match c {
                // A joiner does not start a new letter.
                '\u{200c}' | '\u{200d}' => return true,
                c if is_combining_mark(*c) => marks + 1,
                _ => 0,
            };
            marks <= MAX_MARKS
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decomposed_vietnamese_comes_out_composed() {
        let nfd: String = "Đường phố Huế lớn, các buổi họp".nfd().collect();
        assert_eq!(clean_line(&nfd), "Đường phố Huế lớn, các buổi họp");
    }

    #[test]
    fn plain_invisible_characters_are_removed() {
        assert_eq!(clean_line("a\u{200b}b\u{202e}c\u{feff}d\u{e0041}e\u{7}\u{1b}[31mf"), "abcde[31mf");
        assert_eq!(clean_block(" \u{3164}\u{2800} \u{ad}"), "");
    }

    #[test]
    fn invisible_characters_without_a_meaning_are_removed() {
        for c in ['\u{200b}', '\u{200c}', '\u{200d}', '\u{fe0f}', '\u{34f}', '\u{e0061}', '\u{2060}'] {
            for (raw, clean) in
                [("c{}ờ b{}ạc", "cờ bạc"), ("{}casino{}", "casino"), ("9{}{}9 {}", "99"), ("đ{}Đ", "đĐ")]
            {
                if c == '\u{fe0f}' && clean == "99" {
                    continue;
                }
                assert_eq!(clean_line(&raw.replace("{}", &c.to_string())), clean, "{c:?}");
            }
            // Two in a row have no meaning.
            assert_eq!(
                clean_line(&format!("😀{c}{c}")).chars().filter(|kept| *kept == c).count(),
                usize::from(c == '\u{fe0f}')
            );
        }
        assert_eq!(clean_line("می\u{200c}\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(clean_line("👨\u{200d}"), "👨");
        assert_eq!(clean_line("\u{200d}👨 \u{200d}👩"), "👨 👩");
        // A tag sequence is kept or removed as a whole.
        assert_eq!(clean_line("🏴\u{e0067}\u{e0062}\u{e0073}"), "🏴");
        assert_eq!(clean_line("👍\u{e0067}\u{e0062}\u{e0073}\u{e007f}"), "👍");
    }

    /// Covers Unicode's `Default_Ignorable_Code_Point` and `White_Space`, and other characters that show nothing.
    #[test]
    fn an_invisible_text_is_empty() {
        let ignorable = [
            (0xAD, 0xAD),
            (0x34F, 0x34F),
            (0x61C, 0x61C),
            (0x115F, 0x1160),
            (0x17B4, 0x17B5),
            (0x180B, 0x180F),
            (0x200B, 0x200F),
            (0x202A, 0x202E),
            (0x2060, 0x206F),
            (0x3164, 0x3164),
            (0xFE00, 0xFE0F),
            (0xFEFF, 0xFEFF),
            (0xFFA0, 0xFFA0),
            (0xFFF0, 0xFFF8),
            (0x1_BCA0, 0x1_BCA3),
            (0x1_D173, 0x1_D17A),
            (0xE_0000, 0xE_0FFF),
        ];
        let blank = [
            (0x9, 0xD),
            (0x20, 0x20),
            (0x85, 0x85),
            (0xA0, 0xA0),
            (0x1680, 0x1680),
            (0x2000, 0x200A),
            (0x2028, 0x2029),
            (0x202F, 0x202F),
            (0x205F, 0x205F),
            (0x3000, 0x3000),
            (0x2800, 0x2800),
            (0x1_D159, 0x1_D159),
            (0x300, 0x301),
        ];
        for c in ignorable.into_iter().chain(blank).flat_map(|(first, last)| first..=last).filter_map(char::from_u32) {
            for text in [c.to_string(), format!(" {c}{c}\u{fe0f} ")] {
                assert_eq!([clean_line(&text), clean_block(&text)], ["", ""], "{c:?}");
            }
        }
        assert_eq!(clean_line("\u{3164}ỹ"), "ỹ");
    }

    #[test]
    fn a_letter_split_by_a_zero_width_character_still_composes() {
        assert_eq!(clean_line("e\u{200d}\u{302}"), "ê");
    }

    #[test]
    fn paragraphs_stay_and_piles_of_blank_lines_do_not() {
        assert_eq!(clean_block("Một\r\n\r\n\r\n\r\nhai\rba \n"), "Một\n\nhai\nba");
        assert_eq!(clean_line("Một\nhai\t ba"), "Một hai ba");
    }

    #[test]
    fn piles_of_marks_are_capped() {
        let zalgo = format!("x{}", "\u{336}".repeat(50));
        assert_eq!(clean_line(&zalgo).chars().count(), 1 + MAX_MARKS);
    }

    proptest::proptest! {
        /// Mixes characters with and without cached properties.
        #[test]
        fn the_fast_path_equals_nfc(text in "[a-zA-ZđĐớỚßİ0-9\u{300}-\u{303}\u{31b}\u{323}\u{1100}-\u{1112}ｎﬁ\r\n \u{200d}👨가-각]{0,12}|\\PC{0,12}") {
            proptest::prop_assert_eq!(composed(text.clone()), cap_marks(text.nfc()));
        }

        /// Mixes joiners, selectors, tags and fillers with characters that combine with them and characters that do
        /// not.
        #[test]
        fn cleaning_gives_nfc_and_is_idempotent(text in "([aeo\u{300}-\u{303}\u{323}\u{200b}-\u{200d}\u{fe0f}\u{e0067}\u{e0062}\u{e0065}\u{e007f}🏴👨👩🏽❤🔥کمیखក្ខශ්‍ර \n\u{34f}\u{ad}\u{958}]|\\PC){0,24}") {
            for clean in [clean_line, clean_block] {
                let once = clean(&text);
                proptest::prop_assert_eq!(&clean(&once), &once);
                proptest::prop_assert_eq!(&once.nfc().collect::<String>(), &once);
            }
        }
    }
}

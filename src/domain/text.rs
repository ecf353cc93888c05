//! Text rules: NFC, no invisible characters but those that spell, capped marks; and the folded form that searches compare.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_properties::GeneralCategory;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{character, invisible};

/// Marks kept per base letter after NFC. Vietnamese needs none then; Hebrew and Thai need up to 3.
const MAX_MARKS: usize = 4;

/// Cleans a one-line field: every run of white space becomes one space.
pub fn clean_line(raw: &str) -> String {
    if raw.chars().all(is_ready) {
        return one_space_between(raw);
    }
    nothing_unless_seen(one_space_between(&settled(raw.chars().map(line_break_to_space).collect())))
}

/// Cleans a text with paragraphs: line ends become `\n`, blank lines are capped at one, ends are trimmed.
pub fn clean_block(raw: &str) -> String {
    if raw.chars().all(|c| c == '\n' || is_ready(c)) {
        return spaced_lines(raw);
    }
    let raw = raw.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    nothing_unless_seen(spaced_lines(&settled(raw.replace('\t', " "))))
}

/// Drops what is not seen and composes the rest, until nothing changes: what a mark was dropped from may part what a joiner joined.
fn settled(mut text: String) -> String {
    loop {
        let next = composed(invisible::seen(&text));
        if next == text {
            return text;
        }
        text = next;
    }
}

/// Returns an empty text when a reader would see nothing of it: a name of selectors and marks alone is none.
fn nothing_unless_seen(text: String) -> String {
    let is_seen = |c: char| !c.is_whitespace() && !is_invisible(c) && !is_mark_on_another(c);
    if text.chars().any(is_seen) { text } else { String::new() }
}

fn is_mark_on_another(c: char) -> bool {
    matches!(character::category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

fn spaced_lines(cleaned: &str) -> String {
    let mut block = String::with_capacity(cleaned.len() + 1);
    let mut blank = 0;
    for line in cleaned.trim().lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank <= 1 {
            block.push_str(line);
            block.push('\n');
        }
    }
    block.pop();
    block
}

/// How many graphemes a reader would count.
pub fn graphemes(text: &str) -> usize {
    if text.chars().all(character::stands_alone) {
        return text.chars().count();
    }
    // What parts words in Khmer is no grapheme to a reader.
    text.graphemes(true).filter(|grapheme| *grapheme != "\u{200b}").count()
}

/// Chooses how the character before it is drawn, as text or as an emoji, among others.
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Longest excerpt, in graphemes, and in bytes for those of many marks.
const EXCERPT: usize = 300;
const EXCERPT_BYTES: usize = 4 * EXCERPT;

/// Returns the beginning of a long text, ending in an ellipsis; a short one as it is.
pub fn excerpt(mut text: String) -> String {
    let fits = |(count, (start, grapheme)): &(usize, (usize, &str))| {
        *count < EXCERPT && start + grapheme.len() <= EXCERPT_BYTES
    };
    let end =
        text.grapheme_indices(true).enumerate().take_while(fits).last().map(|(_, (start, last))| start + last.len());
    let end = end.unwrap_or_default();
    if end < text.len() {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Folds for comparing only, never for validation: NFKC, lower case, marks stripped, đ to d, nothing invisible, one space between words.
/// Stripping turns `các` and `lớn` into other words, so a match on folded text proves nothing by itself.
pub fn fold(text: &str) -> String {
    let stripped = folded_one_by_one(text).unwrap_or_else(|| {
        let lower = text.nfkc().flat_map(char::to_lowercase);
        lower.nfd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c)).map(character::plain_d).collect()
    });
    one_space_between(&stripped)
}

/// A name for comparing whose it is: NFC, lower case, one space between words, nothing invisible. It keeps its marks,
/// because names that differ in a mark are names of different people: Hoa, Hòa, Hóa.
pub fn name_key(name: &str) -> String {
    let visible: String = name.nfc().filter(|c| !is_invisible(*c)).collect();
    one_space_between(&visible.to_lowercase().nfc().collect::<String>())
}

/// `None` when a character takes a closer look.
fn folded_one_by_one(text: &str) -> Option<String> {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        folded.push(character::folded(c)?);
    }
    Some(folded)
}

fn one_space_between(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

fn line_break_to_space(c: char) -> char {
    if matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }
}

/// Stays as it is whatever stands beside it: no cleaning has to look at it. Most texts hold nothing else.
fn is_ready(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_control() } else { character::is_settled(c) && is_kept(c) }
}

/// False for what a reader cannot see: controls, bidi overrides, zero-width, tags, fillers, private use.
pub(super) fn is_kept(c: char) -> bool {
    let unreadable = matches!(
        character::category(c),
        GeneralCategory::Control
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    !is_invisible(c) && !unreadable
}

/// How many characters of `raw` nobody sees, without those that spell, that belong to emoji and to the start of a file.
pub fn invisible_characters(raw: &str) -> usize {
    let ordinary = |c: char| matches!(c, '\u{200d}' | '\u{feff}' | '\u{e0020}'..='\u{e007f}');
    let count = |text: &str| text.chars().filter(|c| is_invisible(*c) && !ordinary(*c)).count();
    match count(raw) {
        0 => 0,
        all => all.saturating_sub(count(&invisible::seen(raw))),
    }
}

/// Zero-width characters, bidi overrides, tags and fillers.
pub fn is_invisible(c: char) -> bool {
    // Fillers that general categories call letters, marks or symbols.
    let filler = matches!(
        c,
        '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{1d159}'
    );
    filler || !c.is_ascii() && character::category(c) == GeneralCategory::Format
}

/// Returns the text in NFC.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    if text.chars().all(character::is_settled) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// NFC, piles of marks capped. Most texts come that way.
fn composed(text: String) -> String {
    if text.chars().all(character::is_settled) { text } else { cap_marks(text.nfc()) }
}

fn cap_marks(chars: impl Iterator<Item = char>) -> String {
    let mut marks = 0;
    chars
        .filter(|c| {
            marks = match c {
                // A joiner begins no letter.
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
    fn invisible_characters_go() {
        assert_eq!(clean_line("a\u{200b}b\u{202e}c\u{feff}d\u{e0041}e\u{7}\u{1b}[31mf"), "abcde[31mf");
        assert_eq!(clean_block(" \u{3164}\u{2800} \u{ad}"), "");
    }

    #[test]
    fn invisible_characters_are_counted_and_those_of_emoji_are_not() {
        assert_eq!(invisible_characters("c\u{200b}a\u{200c}s\u{2060}i\u{ad}no"), 4);
        assert_eq!(invisible_characters("\u{feff}👨\u{200d}👩\u{200d}👧 🏴\u{e0067}\u{e0062}\u{e007f} ❤\u{fe0f}"), 0);
    }

    /// Emoji and words that invisible characters spell.
    const SPELT: [&str; 37] = [
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
    fn what_spells_stays_byte_for_byte() {
        for text in SPELT {
            for text in [text.to_owned(), format!("Chào {text} nhé"), format!("{text}{text}")] {
                assert_eq!((clean_line(&text), clean_block(&text)), (text.clone(), text.clone()), "{text:?}");
                assert_eq!(invisible_characters(&text), 0, "{text:?}");
            }
            assert!(!fold(text).contains(is_invisible), "{text:?}: judged without them");
        }
    }

    #[test]
    fn the_same_characters_elsewhere_are_a_disguise() {
        for c in ['\u{200b}', '\u{200c}', '\u{200d}', '\u{fe0f}', '\u{34f}', '\u{e0061}', '\u{2060}'] {
            for (raw, clean) in
                [("c{}ờ b{}ạc", "cờ bạc"), ("{}casino{}", "casino"), ("9{}{}9 {}", "99"), ("đ{}Đ", "đĐ")]
            {
                if c == '\u{fe0f}' && clean == "99" {
                    continue;
                }
                assert_eq!(clean_line(&raw.replace("{}", &c.to_string())), clean, "{c:?}");
            }
            // More than one in a row spells nothing.
            assert_eq!(
                clean_line(&format!("😀{c}{c}")).chars().filter(|kept| *kept == c).count(),
                usize::from(c == '\u{fe0f}')
            );
        }
        assert_eq!(clean_line("می\u{200c}\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(clean_line("👨\u{200d}"), "👨");
        assert_eq!(clean_line("\u{200d}👨 \u{200d}👩"), "👨 👩");
        // Tags stay whole or go whole.
        assert_eq!(clean_line("🏴\u{e0067}\u{e0062}\u{e0073}"), "🏴");
        assert_eq!(clean_line("👍\u{e0067}\u{e0062}\u{e0073}\u{e007f}"), "👍");
    }

    #[test]
    fn a_reader_counts_what_is_seen() {
        assert_eq!(graphemes("👨\u{200d}👩\u{200d}👧\u{200d}👦🏴󠁧󠁢󠁳󠁣󠁴󠁿🇻🇳❤️\u{200d}🔥1️⃣"), 5);
        assert_eq!(graphemes("ភាសា\u{200b}ខ្មែរ"), graphemes("ភាសាខ្មែរ"));
        assert_eq!(graphemes("می\u{200c}خواهم"), 7);
    }

    /// Unicode's `Default_Ignorable_Code_Point` and `White_Space`, and what else shows nothing.
    #[test]
    fn a_text_of_which_nothing_is_seen_is_empty() {
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
        /// Looked-up characters and those that take a closer look, beside each other.
        #[test]
        fn the_short_ways_say_what_the_long_ways_say(text in "[a-zA-ZđĐớỚßİ0-9\u{300}-\u{303}\u{31b}\u{323}\u{1100}-\u{1112}ｎﬁ\r\n \u{200d}👨가-각]{0,12}|\\PC{0,12}") {
            let lower = text.nfkc().flat_map(char::to_lowercase);
            let seen = |c: &char| !is_combining_mark(*c) && !is_invisible(*c);
            let long: String = lower.nfd().filter(seen).map(character::plain_d).collect();
            proptest::prop_assert_eq!(fold(&text), long.split_whitespace().collect::<Vec<_>>().join(" "));
            proptest::prop_assert_eq!(graphemes(&text), text.graphemes(true).count());
            proptest::prop_assert_eq!(composed(text.clone()), cap_marks(text.nfc()));
        }

        /// Joiners, selectors, tags and fillers among letters and emoji that take them, and those that do not.
        #[test]
        fn a_clean_text_is_nfc_and_stays_as_it_is(text in "([aeo\u{300}-\u{303}\u{323}\u{200b}-\u{200d}\u{fe0f}\u{e0067}\u{e0062}\u{e0065}\u{e007f}🏴👨👩🏽❤🔥کمیखក្ខශ්‍ර \n\u{34f}\u{ad}\u{958}]|\\PC){0,24}") {
            for clean in [clean_line, clean_block] {
                let once = clean(&text);
                proptest::prop_assert_eq!(&clean(&once), &once);
                proptest::prop_assert_eq!(&once.nfc().collect::<String>(), &once);
            }
        }
    }

    #[test]
    fn an_excerpt_is_short_and_breaks_between_graphemes() {
        assert_eq!(excerpt("Ngắn".into()), "Ngắn");
        let long = excerpt("ễ".repeat(3_000));
        assert_eq!((graphemes(&long), long.chars().last()), (EXCERPT + 1, Some('…')));
        let emoji = excerpt("👍🏽".repeat(3_000));
        assert!(
            emoji.len() <= EXCERPT_BYTES + 3 && emoji.trim_end_matches('…').len().is_multiple_of(8),
            "{}",
            emoji.len()
        );
    }

    #[test]
    fn names_keep_their_marks_and_nothing_else_that_people_type_differently() {
        let nfd: String = "TRẦN  Thị\u{200b} Hòa".nfd().collect();
        assert_eq!(name_key(&nfd), name_key("trần thị hòa "));
        let names = ["Hoa", "Hòa", "Hóa", "Hỏa", "Hoá hoa"];
        assert_eq!(names.map(name_key).into_iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn folding_makes_marks_and_case_equal() {
        assert_eq!(fold("ĐƯỜNG  Phố"), "duong pho");
        assert_eq!(fold("Đường phố"), fold("đuong PHO"));
        assert_eq!(fold("ｖｉｅｔ"), "viet");
    }
}

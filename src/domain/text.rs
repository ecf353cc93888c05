//! Text rules: NFC, no invisible characters, capped marks; and the folded form that searches compare.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_properties::GeneralCategory;
use unicode_segmentation::UnicodeSegmentation as _;

use super::character;

/// Marks kept per base letter after NFC. Vietnamese needs none then; Hebrew and Thai need up to 3.
const MAX_MARKS: usize = 4;

/// Cleans a one-line field: every run of white space becomes one space.
pub fn clean_line(raw: &str) -> String {
    if raw.chars().all(is_ready) {
        return one_space_between(raw);
    }
    one_space_between(&composed(raw.chars().map(line_break_to_space).filter(|c| is_kept(*c)).collect()))
}

/// Cleans a text with paragraphs: line ends become `\n`, blank lines are capped at one, ends are trimmed.
pub fn clean_block(raw: &str) -> String {
    if raw.chars().all(|c| c == '\n' || is_ready(c)) {
        return spaced_lines(raw);
    }
    let raw = raw.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n");
    let kept = raw.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| *c == '\n' || is_kept(*c));
    spaced_lines(&composed(kept.collect()))
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
    if text.chars().all(character::stands_alone) { text.chars().count() } else { text.graphemes(true).count() }
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

/// Folds for comparing only, never for refusing: NFKC, lower case, marks stripped, đ to d, one space between words.
/// Stripping turns `các` and `lớn` into other words, so a match on folded text proves nothing by itself.
pub fn fold(text: &str) -> String {
    let stripped = folded_one_by_one(text).unwrap_or_else(|| {
        let lower = text.nfkc().flat_map(char::to_lowercase);
        lower.nfd().filter(|c| !is_combining_mark(*c)).map(character::plain_d).collect()
    });
    one_space_between(&stripped)
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
fn is_kept(c: char) -> bool {
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

/// How many characters of `raw` nobody sees, without those that belong to emoji and to the start of a file.
pub fn invisible_characters(raw: &str) -> usize {
    let ordinary = |c: char| matches!(c, '\u{200d}' | '\u{feff}' | '\u{e0020}'..='\u{e007f}');
    raw.chars().filter(|c| is_invisible(*c) && !ordinary(*c)).count()
}

/// Zero-width characters, bidi overrides, tags and fillers.
pub fn is_invisible(c: char) -> bool {
    // Fillers that general categories call letters, marks or symbols.
    let filler = matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
    );
    filler || !c.is_ascii() && character::category(c) == GeneralCategory::Format
}

/// NFC, piles of marks capped. Most texts come that way.
fn composed(text: String) -> String {
    if text.chars().all(character::is_settled) { text } else { cap_marks(text.nfc()) }
}

fn cap_marks(chars: impl Iterator<Item = char>) -> String {
    let mut marks = 0;
    chars
        .filter(|c| {
            marks = if is_combining_mark(*c) { marks + 1 } else { 0 };
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
            let long: String = lower.nfd().filter(|c| !is_combining_mark(*c)).map(character::plain_d).collect();
            proptest::prop_assert_eq!(fold(&text), long.split_whitespace().collect::<Vec<_>>().join(" "));
            proptest::prop_assert_eq!(graphemes(&text), text.graphemes(true).count());
            proptest::prop_assert_eq!(composed(text.clone()), cap_marks(text.nfc()));
        }
    }

    #[test]
    fn an_excerpt_is_short_and_breaks_between_graphemes() {
        assert_eq!(excerpt("Ngắn".into()), "Ngắn");
        let long = excerpt("ễ".repeat(3_000));
        assert_eq!((graphemes(&long), long.chars().last()), (EXCERPT + 1, Some('…')));
        let emoji = excerpt("👍🏽".repeat(3_000));
        assert!(emoji.len() <= EXCERPT_BYTES + 3 && emoji.trim_end_matches('…').len() % 8 == 0, "{}", emoji.len());
    }

    #[test]
    fn folding_makes_marks_and_case_equal() {
        assert_eq!(fold("ĐƯỜNG  Phố"), "duong pho");
        assert_eq!(fold("Đường phố"), fold("đuong PHO"));
        assert_eq!(fold("ｖｉｅｔ"), "viet");
    }
}

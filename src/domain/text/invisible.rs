//! Invisible characters with a meaning: they join emoji, spell the flags of regions, and shape letters or separate
//! words in some scripts. Anywhere else they obfuscate words, so they are removed.

use unicode_normalization::char::canonical_combining_class;
use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji as _};

use super::visibility::{is_invisible, is_kept, is_selector};
use crate::domain::unicode;

const ZERO_WIDTH_SPACE: char = '\u{200b}';
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_TAGS: char = '\u{e007f}';

/// Scripts in which U+200C and U+200D shape letters: Arabic and related scripts, and those of South and South-East
/// Asia.
const SHAPING: [(char, char); 21] = [
    ('\u{600}', '\u{109f}'),
    ('\u{1700}', '\u{18af}'),
    ('\u{19e0}', '\u{19ff}'),
    ('\u{1a20}', '\u{1aaf}'),
    ('\u{1b00}', '\u{1c4f}'),
    ('\u{1cd0}', '\u{1cff}'),
    ('\u{a840}', '\u{a8ff}'),
    ('\u{a930}', '\u{a95f}'),
    ('\u{a980}', '\u{aaff}'),
    ('\u{abc0}', '\u{abff}'),
    ('\u{fb50}', '\u{fdff}'),
    ('\u{fe70}', '\u{fefc}'),
    ('\u{10a00}', '\u{10a5f}'),
    ('\u{10ac0}', '\u{10aff}'),
    ('\u{10b80}', '\u{10baf}'),
    ('\u{10d00}', '\u{10d3f}'),
    ('\u{10ec0}', '\u{10eff}'),
    ('\u{10f30}', '\u{10fdf}'),
    ('\u{11000}', '\u{11dff}'),
    ('\u{16100}', '\u{1613f}'),
    ('\u{1e900}', '\u{1e95f}'),
];

/// Scripts without spaces, in which U+200B separates words: Thai, Lao, Tibetan, Myanmar, Khmer, Tai, Balinese,
/// Javanese, Cham.
const WITHOUT_SPACES: [(char, char); 9] = [
    ('\u{e00}', '\u{109f}'),
    ('\u{1780}', '\u{17ff}'),
    ('\u{1950}', '\u{19ff}'),
    ('\u{1a20}', '\u{1aaf}'),
    ('\u{1b00}', '\u{1b7f}'),
    ('\u{a980}', '\u{a9ff}'),
    ('\u{aa00}', '\u{aa7f}'),
    ('\u{aa80}', '\u{aadf}'),
    ('\u{11f00}', '\u{11f5f}'),
];

/// Scripts whose letters change their form where they are joined: Arabic, Syriac, N'Ko, Mandaic.
const CURSIVE: (char, char) = ('\u{600}', '\u{8ff}');

/// Removes the invisible characters of `raw`, except those that have a meaning where they occur.
pub(super) fn seen(raw: &str) -> String {
    let mut kept = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if is_shown(c) {
            rest = &rest[c.len_utf8()..];
            if !is_selector(c) || takes_selector(kept.chars().next_back()) {
                kept.push(c);
            }
            continue;
        }
        let end = rest.find(is_shown).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let run = keep_tags(&mut kept, run);
        let after = after.chars().next();
        // Only one in a row has a meaning.
        kept.extend(run.chars().find(|c| has_meaning(&kept, *c, after)));
        rest = &rest[end..];
    }
    kept
}

/// Counts the invisible characters in `raw` that have no meaning. Characters of emoji and byte order marks
/// do not count.
pub fn invisible_characters(raw: &str) -> usize {
    let ordinary = |c: char| matches!(c, '\u{200d}' | '\u{feff}' | '\u{e0020}'..='\u{e007f}');
    let count = |text: &str| text.chars().filter(|c| is_invisible(*c) && !ordinary(*c)).count();
    match count(raw) {
        0 => 0,
        all => all.saturating_sub(count(&seen(raw))),
    }
}

fn is_shown(c: char) -> bool {
    c == '\n' || is_kept(c)
}

/// Keeps the tags at the start of `run` if they spell the region of a flag. Returns what comes after the tags.
fn keep_tags<'a>(kept: &mut String, run: &'a str) -> &'a str {
    let length = run.find(|c| !matches!(c, '\u{e0020}'..=END_OF_TAGS)).unwrap_or(run.len());
    let (tags, rest) = run.split_at(length);
    let region = tags.strip_suffix(END_OF_TAGS).unwrap_or_default();
    let letters = region.chars().all(|c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}'));
    if kept.ends_with(BLACK_FLAG) && letters && (3..=6).contains(&region.chars().count()) {
        kept.push_str(tags);
    }
    rest
}

/// Checks whether the invisible character `c` has a meaning between the text `before` and the character `after`.
fn has_meaning(before: &str, c: char, after: Option<char>) -> bool {
    let Some(last) = before.chars().next_back() else { return false };
    match c {
        JOINER => joins_emoji(before, after) || shapes(last, c, after),
        NON_JOINER => shapes(last, c, after),
        ZERO_WIDTH_SPACE => after.is_some_and(|after| {
            let is_blank = last.is_whitespace() || after.is_whitespace();
            !is_blank && (is_in(&WITHOUT_SPACES, last) || is_in(&WITHOUT_SPACES, after))
        }),
        _ => false,
    }
}

fn joins_emoji(before: &str, after: Option<char>) -> bool {
    // Before the joiner, the emoji may have a skin tone, a selector or both.
    let emoji = before.chars().rev().take(3).find(|c| !matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'));
    emoji.is_some_and(is_pictograph) && after.is_some_and(is_pictograph)
}

fn is_pictograph(c: char) -> bool {
    let skin_or_flag_letter = matches!(c, '\u{1f3fb}'..='\u{1f3ff}' | '\u{1f1e6}'..='\u{1f1ff}');
    !c.is_ascii() && !skin_or_flag_letter && c.is_emoji_char()
}

fn shapes(last: char, c: char, after: Option<char>) -> bool {
    let is_shaping = |c: char| is_part_of_word(c) && is_in(&SHAPING, c);
    if after.is_some_and(is_shaping) {
        // Persian adds suffixes to foreign words and numbers with a non-joiner.
        return is_shaping(last) || c == NON_JOINER && last.is_alphanumeric();
    }
    let ends_with_virama = is_shaping(last) && canonical_combining_class(last) == 9;
    let ends_joined_on = c == JOINER && is_shaping(last) && is_in(&[CURSIVE], last);
    ends_with_virama || ends_joined_on
}

fn is_part_of_word(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark, Number};
    matches!(unicode::group(c), Letter | Mark | Number)
}

/// Checks whether a selector may follow the character. A selector picks a form of the character before it, and Latin,
/// Greek and Cyrillic letters have one form only.
fn takes_selector(last: Option<char>) -> bool {
    last.is_some_and(|last| {
        let is_plain_letter = u32::from(last) < 0x530 && last.is_alphabetic();
        !is_plain_letter && !last.is_whitespace() && !is_selector(last)
    })
}

fn is_in(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_counted_and_those_of_emoji_are_not() {
        assert_eq!(invisible_characters("c\u{200b}a\u{200c}s\u{2060}i\u{ad}no"), 4);
        assert_eq!(invisible_characters("\u{feff}👨\u{200d}👩\u{200d}👧 🏴\u{e0067}\u{e0062}\u{e007f} ❤\u{fe0f}"), 0);
    }
}

//! Classes of single characters: letters of words, look-alikes of Latin letters, and invisible characters.

use unicode_properties::{GeneralCategory as Category, GeneralCategoryGroup as Group};

use crate::domain::{
    text,
    unicode::{category, group},
};

/// First letters of the enclosed alphabets: regional indicators, and circled, squared and negative squared letters.
const ENCLOSED_ALPHABETS: [u32; 4] = [0x1_F1E6, 0x1_F150, 0x1_F170, 0x1_F130];

/// Matches parts of words: letters, numbers and enclosed letters.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    matches!(group(c), Group::Letter | Group::Number) || is_enclosed_letter(c)
}

/// Matches letters by general category. Rust also calls marks and circled letters alphabetic.
pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { group(c) == Group::Letter }
}

/// Matches decimal digits of any script.
pub(super) fn is_decimal(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { category(c) == Category::DecimalNumber }
}

/// Matches decimal digits, and enclosed digits that compatibility folding does not change.
pub(super) fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    let framed = matches!(u32::from(c), 0x1369..=0x1371 | 0x19DA | 0x24F5..=0x24FD | 0x24FF | 0x2776..=0x277E
        | 0x2780..=0x2788 | 0x278A..=0x2792 | 0x1_0A40..=0x1_0A43 | 0x1_0E60..=0x1_0E68 | 0x1_1052..=0x1_105A);
    is_decimal(c) || framed
}

/// Matches emoji and other pictographs.
pub(super) fn is_symbol(c: char) -> bool {
    match c {
        '^' | '`' => true,
        _ if c.is_ascii() => false,
        _ => matches!(category(c), Category::OtherSymbol | Category::ModifierSymbol),
    }
}

/// Matches invisible characters, and frames around other characters.
pub(super) fn is_dropped(c: char) -> bool {
    text::is_invisible(c) || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{20e3}' | '\u{20dd}')
}

pub(super) fn is_enclosed_letter(c: char) -> bool {
    matches!(u32::from(c), 0x1_F130..=0x1_F189 | 0x1_F1E6..=0x1_F1FF)
}

/// Matches styled Latin letters: mathematical, circled, squared, full-width and small capitals.
pub(super) fn is_styled(c: char) -> bool {
    matches!(u32::from(c), 0x1_D400..=0x1_D7FF | 0x2460..=0x24FF | 0xFF21..=0xFF5A)
        || is_enclosed_letter(c)
        || matches!(c, 'ᴀ' | 'ʙ' | 'ᴄ' | 'ᴅ' | 'ᴇ' | 'ғ' | 'ɢ' | 'ʜ' | 'ɪ' | 'ᴊ' | 'ᴋ' | 'ʟ' | 'ᴍ' | 'ɴ' | 'ᴏ' | 'ᴘ')
        || matches!(c, 'ʀ' | 'ᴛ' | 'ᴜ' | 'ᴠ' | 'ᴡ' | 'ʏ' | 'ᴢ')
}

/// Matches the Latin code points, which include all Vietnamese letters.
pub(super) fn is_latin(c: char) -> bool {
    matches!(u32::from(c), 0..=0x24F | 0x1E00..=0x1EFF)
}

/// Matches Greek and Cyrillic. Those scripts contain look-alikes of Latin letters.
pub(super) fn is_greek_or_cyrillic(c: char) -> bool {
    matches!(u32::from(c), 0x370..=0x52F)
}

/// Finds the Latin letters that a lower-case character looks like.
pub(super) fn lookalike(c: char) -> Option<&'static str> {
    const LATIN: &str = "abcdefghijklmnopqrstuvwxyz";
    if c.is_ascii() {
        return None;
    }
    if is_enclosed_letter(c) {
        let letter = ENCLOSED_ALPHABETS
            .iter()
            .find_map(|first| u32::from(c).checked_sub(*first).filter(|letter| *letter < 26))?;
        let at = usize::try_from(letter).ok()?;
        return LATIN.get(at..=at);
    }
    Some(match c {
        'з' => "3",
        'б' => "6",
        'а' | 'α' | 'ᴀ' => "a",
        'β' | 'в' | 'ь' | 'ʙ' => "b",
        'с' | 'ᴄ' => "c",
        'ԁ' | 'ᴅ' => "d",
        'е' | 'ε' | 'ᴇ' => "e",
        'ғ' => "f",
        'ɡ' | 'ɢ' => "g",
        'һ' | 'н' | 'η' | 'ʜ' => "h",
        'і' | 'ι' | 'ı' | 'ɪ' => "i",
        'ј' | 'ᴊ' => "j",
        'κ' | 'к' | 'ᴋ' => "k",
        'ł' | 'ʟ' => "l",
        'м' | 'μ' | 'ᴍ' => "m",
        'ν' | 'п' | 'ɴ' => "n",
        'о' | 'ο' | 'ø' | 'ᴏ' => "o",
        'р' | 'ρ' | 'ᴘ' => "p",
        'ԛ' => "q",
        'г' | 'ʀ' => "r",
        'ѕ' => "s",
        'ß' => "ss",
        'τ' | 'т' | 'ᴛ' => "t",
        'ᴜ' => "u",
        'ѵ' | 'ᴠ' => "v",
        'ԝ' | 'ᴡ' => "w",
        'х' | 'χ' => "x",
        'у' | 'υ' | 'ʏ' => "y",
        'ζ' | 'ᴢ' => "z",
        _ => return None,
    })
}

/// Maps a digit to the letter that it replaces: `b3t` means `bet`.
pub(super) fn leet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '2' => 'z',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '6' | '9' => 'g',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}
/// Matches combining strokes, lines and similar decorations. Vietnamese marks are not
/// decoration.
pub(super) const fn is_decoration(c: char) -> bool {
    let vietnamese = matches!(c, '\u{300}'..='\u{303}' | '\u{306}' | '\u{309}' | '\u{31b}' | '\u{323}');
    matches!(c, '\u{300}'..='\u{36f}') && !vietnamese
}

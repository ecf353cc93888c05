//! Cached properties of plain characters, for [`super::views`]. Nearly all characters of a comment are plain; the
//! others are processed one by one.

use std::sync::LazyLock;

use super::{
    characters::{is_decoration, is_digit, is_dropped, is_latin, is_letter, is_styled, is_symbol},
    text_counts::TextCounts,
};
use crate::domain::unicode::{self, is_compatible, is_marked, joins_the_one_before};

/// Properties of a plain character: it is visible and undecorated, does not combine with the one before it, and
/// compatibility folding does not change it.
#[expect(clippy::struct_excessive_bools, reason = "independent properties")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    /// The lower-case form, which has the same length in bytes.
    pub(super) lower: char,
    exclamation: bool,
    upper: bool,
    digit: bool,
    symbol: bool,
    letter: bool,
    latin: bool,
    marked: bool,
}

static TABLE: LazyLock<Vec<Option<Plain>>> = LazyLock::new(|| unicode::known().map(Plain::of).collect());

pub(super) fn plain(c: char) -> Option<&'static Plain> {
    TABLE.get(usize::try_from(u32::from(c)).ok()?)?.as_ref()
}

impl Plain {
    fn of(c: char) -> Option<Self> {
        let mut lower = c.to_lowercase();
        let first = lower.next().filter(|first| lower.next().is_none() && first.len_utf8() == c.len_utf8())?;
        let is_plain =
            is_compatible(c) && !is_dropped(c) && !is_decoration(c) && !is_styled(c) && !joins_the_one_before(c);
        let mut notes = TextCounts::default();
        notes.see(c);
        notes.say(first);
        is_plain.then_some(Self {
            lower: first,
            exclamation: notes.exclamations > 0,
            upper: notes.upper > 0,
            digit: notes.digits > 0,
            symbol: notes.symbols > 0,
            letter: notes.letters > 0,
            latin: notes.latin > 0,
            marked: notes.marked > 0,
        })
    }
}

impl TextCounts {
    /// Counts a character of the compatibility-folded text.
    pub(super) fn see(&mut self, c: char) {
        self.characters += 1;
        self.upper += usize::from(c.is_uppercase() && is_letter(c));
        self.digits += usize::from(is_digit(c));
        self.symbols += usize::from(is_symbol(c));
        self.exclamations += usize::from(c == '!');
    }

    /// Counts the lower-case form of a character as a letter, a Latin letter and a marked letter.
    pub(super) fn say(&mut self, lower: char) {
        let letter = is_letter(lower);
        self.letters += usize::from(letter);
        self.latin += usize::from(letter && is_latin(lower));
        self.marked += usize::from(letter && !lower.is_ascii() && is_marked(lower));
    }

    /// Counts a plain character, like [`Self::see`] and [`Self::say`] together.
    pub(super) fn add(&mut self, plain: &Plain) {
        self.characters += 1;
        self.upper += usize::from(plain.upper);
        self.digits += usize::from(plain.digit);
        self.symbols += usize::from(plain.symbol);
        self.exclamations += usize::from(plain.exclamation);
        self.letters += usize::from(plain.letter);
        self.latin += usize::from(plain.latin);
        self.marked += usize::from(plain.marked);
    }
}

//! Visibility of single characters.

use unicode_properties::GeneralCategory;

use crate::domain::unicode;

/// Matches characters that a text may keep: visible ones, and white space that is not a control character.
pub(super) fn is_kept(c: char) -> bool {
    let unreadable = matches!(
        unicode::category(c),
        GeneralCategory::Control
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    !is_invisible(c) && !unreadable
}

/// Matches zero-width characters, bidi overrides, tags and fillers.
pub fn is_invisible(c: char) -> bool {
    // Fillers whose general category is letter, mark or symbol.
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
    filler || !c.is_ascii() && unicode::category(c) == GeneralCategory::Format
}

/// Matches characters that select how the one before them is drawn, for example as text or as an emoji.
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

//! Text rules: NFC, no invisible characters but those that spell, capped marks; and the folded form that searches compare.

mod clean;
mod fold;
mod graphemes;
mod invisible;
mod spacing;
#[cfg(test)]
mod tests;
mod visibility;

pub(super) use self::fold::nfc;
pub use self::{
    clean::{clean_block, clean_line},
    fold::{fold, name_key},
    graphemes::{excerpt, graphemes},
    invisible::invisible_characters,
    visibility::is_invisible,
};

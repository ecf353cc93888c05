//! Text rules: cleaning to NFC without meaningless invisible characters and piles of marks, and folding for searches.

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

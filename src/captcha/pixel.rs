//! Conversion of positions to pixels.

/// Returns the integer part of a number from 0 to 65,535. Other numbers are clamped to this range.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as intended")]
pub(super) fn floor(number: f32) -> u16 {
    number as u16
}

//! From places in an image to its pixels.

/// Returns the whole part of a number from 0 to 65,535, and the nearer of the two for any other.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, which is meant")]
pub(super) fn floor(number: f32) -> u16 {
    number as u16
}

//! Conversion of counts to metric values.

#[expect(clippy::cast_precision_loss, reason = "2^52 comments or seconds are not expected")]
pub(super) const fn float(number: i64) -> f64 {
    number as f64
}

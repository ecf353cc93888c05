//! The numbers of the two levels. Chosen by reading samples and by attacks on them: with a one-pixel picture and a random warp
//! there are no grey edges to match and no exact layout to undo.

use std::ops::RangeInclusive;

use crate::domain::challenge::Level;

/// Width and height of every picture in pixels.
pub(super) const WIDTH: u16 = 240;
pub(super) const HEIGHT: u16 = 90;

/// Rotation of a letter to either side, in degrees.
pub(super) const ROTATION: f32 = 12.0;
/// Stretch of a letter across and down.
pub(super) const STRETCH_X: RangeInclusive<f32> = 0.85..=1.15;
pub(super) const STRETCH_Y: RangeInclusive<f32> = 0.9..=1.2;
/// Slant of a letter to either side, as across per down.
pub(super) const SHEAR: f32 = 0.25;
/// How far a letter leaves the line, in pixels.
pub(super) const LIFT: f32 = 9.0;
/// From one letter to the next, in widths of the first: below 1 they touch, which makes them hard to cut apart.
pub(super) const ADVANCE: f32 = 0.95;
/// Furthest that the warp moves a pixel along each axis.
pub(super) const WARP: f32 = 2.5;
/// Free pixels that letters keep to the picture's edge.
pub(super) const MARGIN: f32 = 4.0;
/// Thickness of a stroke in pixels: that of the letters' own stems.
pub(super) const STROKE: RangeInclusive<f32> = 2.4..=3.8;
/// Share of pixels that noise inverts.
pub(super) const NOISE: f32 = 0.03;
/// Radius of an inverting disc in pixels. Over 22 they swallow whole letters and stop people.
pub(super) const DISC: RangeInclusive<f32> = 15.0..=20.0;

/// What disturbs the letters of a level.
pub(super) struct Style {
    /// Dark strokes through the letters.
    pub(super) strokes: u8,
    /// Discs that invert what is under them.
    pub(super) discs: u8,
}

impl Style {
    pub(super) const fn of(level: Level) -> Self {
        match level {
            Level::Light | Level::Normal => Self { strokes: 1, discs: 0 },
            Level::Hard => Self { strokes: 2, discs: 1 },
        }
    }
}

//! The parameters of every profile and level, and their bounds. They were chosen by reading samples and by attacking
//! them: images in pure black and white with a random warp have no grey edges to match and no fixed layout to reverse.

use std::ops::RangeInclusive;

use super::error::{OutOfBounds, StartError};
use crate::domain::{challenge_level::Level, image_profile::Profile};

/// Width and height of every image, in pixels.
pub(super) const WIDTH: u16 = 240;
pub(super) const HEIGHT: u16 = 90;

/// Distance that letters keep from the image's edge, in pixels.
pub(super) const MARGIN: f32 = 4.0;

/// The parameters of a profile at one level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Style {
    /// Maximum rotation of a letter to either side, in degrees.
    pub(super) rotation: f32,
    /// Horizontal and vertical stretch of a letter.
    pub(super) stretch_x: RangeInclusive<f32>,
    pub(super) stretch_y: RangeInclusive<f32>,
    /// Maximum slant of a letter to either side: horizontal shift per vertical distance.
    pub(super) shear: f32,
    /// Maximum vertical shift of a letter, in pixels.
    pub(super) lift: f32,
    /// Distance from one letter to the next, relative to the width of the first. Below 1 the letters touch, which makes
    /// them hard to segment.
    pub(super) advance: f32,
    /// Maximum shift of a pixel by the warp, along each axis.
    pub(super) warp: f32,
    /// Wavelength of the warp in pixels. Shorter waves break the letters' stems, and longer ones only shift whole
    /// letters.
    pub(super) wave: RangeInclusive<f32>,
    /// Pixels by which letters are thickened on each side.
    pub(super) weight: u8,
    /// Width in pixels of the outline that replaces each letter. 0 draws solid letters.
    pub(super) outline: u8,
    /// Number of dark strokes through the letters, and their thickness in pixels, which is similar to that of the
    /// letters' stems.
    pub(super) strokes: u8,
    pub(super) stroke: RangeInclusive<f32>,
    /// Number of curves from top to bottom. Everything to the right of each curve is inverted.
    pub(super) bands: u8,
    /// Number of discs that invert the area under them, and their radius in pixels. Discs with a radius over 22 hide
    /// whole letters.
    pub(super) discs: u8,
    pub(super) disc: RangeInclusive<f32>,
    /// Number of lines, one pixel wide, that invert the pixels under them.
    pub(super) threads: u8,
    /// Share of pixels that noise inverts.
    pub(super) noise: f32,
}

/// Solid letters with a dark stroke. This is the first profile, from which the others are derived.
const STROKE: Style = Style {
    rotation: 12.0,
    stretch_x: 0.95..=1.2,
    stretch_y: 1.0..=1.25,
    shear: 0.2,
    lift: 8.0,
    advance: 1.0,
    warp: 2.5,
    wave: 45.0..=90.0,
    weight: 0,
    outline: 0,
    strokes: 1,
    stroke: 2.4..=3.8,
    bands: 0,
    discs: 0,
    disc: 15.0..=20.0,
    threads: 0,
    noise: 0.03,
};

/// Outlines need space around the shapes, and tolerate less noise than solid ink.
const OUTLINE: Style = Style {
    rotation: 14.0,
    stretch_x: 1.05..=1.3,
    stretch_y: 1.1..=1.35,
    lift: 6.0,
    advance: 0.97,
    warp: 3.0,
    wave: 55.0..=100.0,
    outline: 1,
    strokes: 0,
    noise: 0.02,
    ..STROKE
};

/// The contrast is full everywhere; only its direction changes.
const BANDS: Style = Style {
    rotation: 9.0,
    stretch_x: 1.05..=1.3,
    stretch_y: 1.1..=1.4,
    lift: 5.0,
    advance: 1.02,
    warp: 3.5,
    wave: 60.0..=110.0,
    weight: 1,
    strokes: 0,
    bands: 2,
    threads: 4,
    noise: 0.02,
    ..STROKE
};

impl Style {
    pub(super) const fn of(profile: Profile, level: Level) -> Self {
        match (profile, level) {
            (Profile::Stroke, Level::Light | Level::Normal) => STROKE,
            (Profile::Stroke, Level::Hard) => Self { strokes: 2, discs: 1, advance: 0.97, ..STROKE },
            (Profile::Outline, Level::Light | Level::Normal) => OUTLINE,
            (Profile::Outline, Level::Hard) => Self { strokes: 1, stroke: 1.6..=2.4, advance: 0.92, ..OUTLINE },
            (Profile::Bands, Level::Light | Level::Normal) => BANDS,
            (Profile::Bands, Level::Hard) => Self { bands: 3, threads: 6, advance: 0.98, ..BANDS },
        }
    }

    /// Checks that images of this style can be drawn completely and are legible.
    ///
    /// # Errors
    /// The name of the parameter that is out of bounds.
    pub(super) fn check(&self) -> Result<(), OutOfBounds> {
        let both = |range: &RangeInclusive<f32>, bounds: &RangeInclusive<f32>| {
            range.start() <= range.end() && bounds.contains(range.start()) && bounds.contains(range.end())
        };
        let checks = [
            ("rotation", (0.0..=20.0).contains(&self.rotation)),
            ("stretch_x", both(&self.stretch_x, &(0.7..=1.5))),
            ("stretch_y", both(&self.stretch_y, &(0.7..=1.5))),
            ("shear", (0.0..=0.4).contains(&self.shear)),
            ("lift", (0.0..=12.0).contains(&self.lift)),
            ("advance", (0.85..=1.2).contains(&self.advance)),
            ("warp", (0.0..=5.0).contains(&self.warp)),
            ("wave", both(&self.wave, &(40.0..=200.0))),
            ("weight", self.weight <= 2),
            ("outline", self.outline <= 2),
            ("strokes", self.strokes <= 3),
            ("stroke", both(&self.stroke, &(1.0..=5.0))),
            ("bands", self.bands <= 4),
            ("discs", self.discs <= 2),
            ("disc", both(&self.disc, &(8.0..=22.0))),
            ("threads", self.threads <= 12),
            ("noise", (0.001..=0.06).contains(&self.noise)),
        ];
        match checks.iter().find(|(_, good)| !good) {
            Some((name, _)) => Err(OutOfBounds(name)),
            None => Ok(()),
        }
    }
}

/// Checks every profile at every level.
///
/// # Errors
/// The profile, the level and the name of the parameter.
pub(super) fn check_all() -> Result<(), StartError> {
    for profile in Profile::ALL {
        for level in Level::ALL {
            Style::of(*profile, *level).check().map_err(|OutOfBounds(number)| StartError::Style {
                profile: *profile,
                level: *level,
                number,
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_within_bounds() {
        check_all().unwrap();
    }

    #[test]
    fn parameters_out_of_bounds_are_errors_by_name() {
        let broken = [
            ("rotation", Style { rotation: 28.0, ..STROKE }),
            ("stretch_x", Style { stretch_x: 0.0..=1.0, ..STROKE }),
            ("stretch_y", Style { stretch_y: 1.2..=0.9, ..STROKE }),
            ("shear", Style { shear: f32::NAN, ..STROKE }),
            ("lift", Style { lift: 45.0, ..STROKE }),
            ("advance", Style { advance: 0.0, ..STROKE }),
            ("warp", Style { warp: 20.0, ..STROKE }),
            ("wave", Style { wave: 0.0..=90.0, ..STROKE }),
            ("weight", Style { weight: 3, ..STROKE }),
            ("outline", Style { outline: 3, ..STROKE }),
            ("strokes", Style { strokes: 9, ..STROKE }),
            ("stroke", Style { stroke: 2.0..=9.0, ..STROKE }),
            ("bands", Style { bands: 5, ..STROKE }),
            ("discs", Style { discs: 3, ..STROKE }),
            ("disc", Style { disc: 15.0..=40.0, ..STROKE }),
            ("threads", Style { threads: 13, ..STROKE }),
            ("noise", Style { noise: 0.0, ..STROKE }),
        ];
        for (name, style) in broken {
            assert_eq!(style.check(), Err(OutOfBounds(name)));
        }
    }

    #[test]
    fn levels_and_profiles_differ() {
        for profile in Profile::ALL {
            assert_ne!(Style::of(*profile, Level::Normal), Style::of(*profile, Level::Hard));
            assert_eq!(Style::of(*profile, Level::Light), Style::of(*profile, Level::Normal));
        }
    }
}

//! The numbers of every profile and level, in one table, and their hard bounds. Chosen by reading samples and by attacks on them: in
//! black and white and with a random warp there are no grey edges to match and no exact layout to undo.

use std::ops::RangeInclusive;

use super::error::{OutOfBounds, StartError};
use crate::domain::{challenge_level::Level, image_profile::Profile};

/// Width and height of every image in pixels.
pub(super) const WIDTH: u16 = 240;
pub(super) const HEIGHT: u16 = 90;

/// Free pixels that letters keep to the image's edge.
pub(super) const MARGIN: f32 = 4.0;

/// How a profile draws at one level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Style {
    /// Rotation of a letter to either side, in degrees.
    pub(super) rotation: f32,
    /// Stretch of a letter across and down.
    pub(super) stretch_x: RangeInclusive<f32>,
    pub(super) stretch_y: RangeInclusive<f32>,
    /// Slant of a letter to either side, as across per down.
    pub(super) shear: f32,
    /// How far a letter leaves the line, in pixels.
    pub(super) lift: f32,
    /// From one letter to the next, in widths of the first: below 1 they touch, which makes them hard to cut apart.
    pub(super) advance: f32,
    /// Furthest that the warp moves a pixel along each axis.
    pub(super) warp: f32,
    /// Pixels of one wave of the warp: shorter ones break the letters' stems, longer ones only shift whole letters.
    pub(super) wave: RangeInclusive<f32>,
    /// Pixels that letters are thickened by on every side.
    pub(super) weight: u8,
    /// Letters as lines of this many pixels around their shapes; 0 means black letters.
    pub(super) outline: u8,
    /// Dark strokes through the letters, and their thickness in pixels: about that of the letters' own stems.
    pub(super) strokes: u8,
    pub(super) stroke: RangeInclusive<f32>,
    /// Curves from top to bottom; from each to the right, black and white change places.
    pub(super) bands: u8,
    /// Discs that invert what is under them, and their radius in pixels. Over 22 they swallow whole letters and stop people.
    pub(super) discs: u8,
    pub(super) disc: RangeInclusive<f32>,
    /// Lines of one pixel that invert what is under them.
    pub(super) threads: u8,
    /// Share of pixels that noise inverts.
    pub(super) noise: f32,
}

/// Black letters, a dark stroke: the first profile, and where the others start from.
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

/// The lines need room around the shapes, and bear less noise than solid ink.
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

/// Contrast is full everywhere, only its direction changes.
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

    /// Whether images of this style can be drawn whole and read.
    ///
    /// # Errors
    /// Names the number that is out of its bounds.
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

/// Whether every profile can be drawn at every level.
///
/// # Errors
/// Names the profile, the level and the number.
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
    fn numbers_that_would_stop_people_or_break_drawing_are_errors_by_name() {
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

//! Dark strokes through the letters.

use std::{f32::consts::TAU, ops::Range};

use rand::Rng;

use super::{
    bitmap::Bitmap,
    style::{HEIGHT, STROKE, WIDTH},
    warp::Warp,
};

/// Heights that strokes run around: where letters have their middle, in pixels from the top.
const BANDS: Range<f32> = 33.0..57.0;

/// A bent line from the left to the right of the picture.
struct Stroke {
    left: f32,
    right: f32,
    half_width: f32,
    middle: f32,
    tilt: f32,
    bend: f32,
    frequency: f32,
    phase: f32,
}

impl Stroke {
    fn random(band: Range<f32>, rng: &mut impl Rng) -> Self {
        Self {
            left: rng.random_range(2.0..16.0),
            right: f32::from(WIDTH) - rng.random_range(2.0..16.0),
            half_width: rng.random_range(STROKE) / 2.0,
            middle: rng.random_range(band),
            tilt: rng.random_range(-0.1..0.1),
            bend: rng.random_range(4.0..12.0),
            frequency: TAU / rng.random_range(120.0..260.0),
            phase: rng.random_range(0.0..TAU),
        }
    }

    /// Height of the line's middle at `x`, and its slope there.
    fn at(&self, x: f32) -> (f32, f32) {
        let (sin, cos) = (x * self.frequency + self.phase).sin_cos();
        let height = self.middle + self.tilt * (x - f32::from(WIDTH) / 2.0) + self.bend * sin;
        (height, self.tilt + self.bend * self.frequency * cos)
    }
}

/// Draws `count` strokes, each within its own band: on top of each other they would blot letters out.
pub(super) fn draw(bitmap: &mut Bitmap, count: u8, warp: &Warp, rng: &mut impl Rng) {
    let band = (BANDS.end - BANDS.start) / f32::from(count);
    for n in 0..count {
        let from = BANDS.start + band * f32::from(n);
        draw_one(bitmap, &Stroke::random(from..from + band, rng), warp);
    }
}

fn draw_one(bitmap: &mut Bitmap, stroke: &Stroke, warp: &Warp) {
    let columns: Vec<_> = (0..WIDTH)
        .zip(warp.down(0))
        .map(|(x, down)| {
            let (height, slope) = stroke.at(f32::from(x));
            // Measured down, a slanted line is thicker than it is.
            (f32::from(x), height - down, slope, stroke.half_width * slope.hypot(1.0))
        })
        .collect();
    for y in 0..HEIGHT {
        let across = warp.across(y);
        for (ink, (x, height, slope, reach)) in bitmap.row(y).iter_mut().zip(&columns) {
            let inside = (stroke.left..stroke.right).contains(x);
            *ink |= inside && (height + slope * across - f32::from(y)).abs() <= *reach;
        }
    }
}

//! Dark strokes through the letters.

use std::{f32::consts::TAU, ops::Range};

use rand::Rng;

use super::{
    bitmap::Bitmap,
    pixel::floor,
    style::{HEIGHT, Style, WIDTH},
    warp::Warp,
};

/// Vertical range of strokes: around the centre of the letters, in pixels from the top.
const HEIGHTS: Range<f32> = 33.0..57.0;

/// A curved line from the left to the right of the image.
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
    fn random(style: &Style, band: Range<f32>, rng: &mut impl Rng) -> Self {
        Self {
            left: rng.random_range(2.0..16.0),
            right: f32::from(WIDTH) - rng.random_range(2.0..16.0),
            half_width: rng.random_range(style.stroke.clone()) / 2.0,
            middle: rng.random_range(band),
            tilt: rng.random_range(-0.1..0.1),
            bend: rng.random_range(4.0..12.0),
            frequency: TAU / rng.random_range(120.0..260.0),
            phase: rng.random_range(0.0..TAU),
        }
    }

    /// Computes the vertical position of the line's centre at `x`, and its slope there.
    fn at(&self, x: f32) -> (f32, f32) {
        let (sin, cos) = (x * self.frequency + self.phase).sin_cos();
        let height = self.middle + self.tilt * (x - f32::from(WIDTH) / 2.0) + self.bend * sin;
        (height, self.tilt + self.bend * self.frequency * cos)
    }
}

/// Draws the strokes of the style, each in its own vertical range, because overlapping strokes would cover letters
/// completely.
pub(super) fn draw(bitmap: &mut Bitmap, style: &Style, warp: &Warp, rng: &mut impl Rng) {
    let band = (HEIGHTS.end - HEIGHTS.start) / f32::from(style.strokes.max(1));
    for n in 0..style.strokes {
        let from = HEIGHTS.start + band * f32::from(n);
        draw_one(bitmap, &Stroke::random(style, from..from + band, rng), warp);
    }
}

fn draw_one(bitmap: &mut Bitmap, stroke: &Stroke, warp: &Warp) {
    let columns: Vec<_> = (0..WIDTH)
        .zip(warp.down(0))
        .map(|(x, down)| {
            let (height, slope) = stroke.at(f32::from(x));
            // The vertical thickness of a slanted line is greater than its width.
            (f32::from(x), height - down, slope, stroke.half_width * slope.hypot(1.0))
        })
        .collect();
    let highest = columns.iter().map(|(_, height, slope, reach)| height - reach - slope.abs() * warp.reach());
    let lowest = columns.iter().map(|(_, height, slope, reach)| height + reach + slope.abs() * warp.reach());
    let rows = floor(highest.fold(f32::MAX, f32::min))..floor(lowest.fold(0.0, f32::max) + 1.0).min(HEIGHT);
    for y in rows {
        let across = warp.across(y);
        for (ink, (x, height, slope, reach)) in bitmap.row(y).iter_mut().zip(&columns) {
            let inside = (stroke.left..stroke.right).contains(x);
            *ink |= inside && (height + slope * across - f32::from(y)).abs() <= *reach;
        }
    }
}

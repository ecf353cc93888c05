//! Inversion of parts of an image: bands, discs and threads. Inverting preserves all information and only reverses the
//! contrast.

use std::f32::consts::TAU;

use rand::Rng;

use super::{
    bitmap::Bitmap,
    pixel::floor,
    style::{HEIGHT, Style, WIDTH},
};

/// Draws the inversions of the style.
pub(super) fn draw(bitmap: &mut Bitmap, style: &Style, rng: &mut impl Rng) {
    let part = f32::from(WIDTH) / f32::from(style.bands + 1);
    for n in 0..style.bands {
        // Each curve is shifted by a random third of the band's width, so that its position is not predictable.
        let middle = part * (f32::from(n + 1) + rng.random_range(-0.33..0.33));
        cut(bitmap, middle, rng);
    }
    for _ in 0..style.discs {
        let (x, y) = (rng.random_range(24.0..216.0), rng.random_range(30.0..60.0));
        bitmap.invert_disc(x, y, rng.random_range(style.disc.clone()));
    }
    for n in 0..style.threads {
        if n % 2 == 0 { thread_across(bitmap, rng) } else { thread_down(bitmap, rng) }
    }
}

/// A curved line along one axis.
struct Bend {
    middle: f32,
    tilt: f32,
    swing: f32,
    frequency: f32,
    phase: f32,
}

impl Bend {
    fn random(middle: f32, tilt: f32, rng: &mut impl Rng) -> Self {
        Self {
            middle,
            tilt: rng.random_range(-tilt..=tilt),
            swing: rng.random_range(3.0..9.0),
            frequency: TAU / rng.random_range(60.0..140.0),
            phase: rng.random_range(0.0..TAU),
        }
    }

    /// Returns the pixel at which the line crosses the position `at` of an axis with the centre `half`.
    fn at(&self, at: u16, half: f32) -> usize {
        let at = f32::from(at);
        let place = self.middle + self.tilt * (at - half) + self.swing * (at * self.frequency + self.phase).sin();
        usize::from(floor(place))
    }
}

/// Inverts everything to the right of a curve from top to bottom.
fn cut(bitmap: &mut Bitmap, middle: f32, rng: &mut impl Rng) {
    let bend = Bend::random(middle, 0.6, rng);
    for y in 0..HEIGHT {
        let from = bend.at(y, f32::from(HEIGHT) / 2.0);
        bitmap.row(y).iter_mut().skip(from).for_each(|ink| *ink ^= true);
    }
}

fn thread_across(bitmap: &mut Bitmap, rng: &mut impl Rng) {
    let bend = Bend::random(rng.random_range(8.0..f32::from(HEIGHT) - 8.0), 0.25, rng);
    for x in 0..WIDTH {
        bitmap.invert(usize::from(x), bend.at(x, f32::from(WIDTH) / 2.0));
    }
}

fn thread_down(bitmap: &mut Bitmap, rng: &mut impl Rng) {
    let bend = Bend::random(rng.random_range(8.0..f32::from(WIDTH) - 8.0), 0.8, rng);
    for y in 0..HEIGHT {
        bitmap.invert(bend.at(y, f32::from(HEIGHT) / 2.0), usize::from(y));
    }
}

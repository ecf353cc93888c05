//! Placement, rotation and drawing of the letters.

use std::ops::Range;

use rand::Rng;

use super::{
    bitmap::Bitmap,
    glyphs::Glyph,
    pixel::floor,
    style::{HEIGHT, MARGIN, Style, WIDTH},
    warp::Warp,
};

/// A letter with its linear map to the image, `[[a, b], [c, d]]` around the letter's centre, and its position.
struct Placed<'a> {
    glyph: &'a Glyph,
    map: [f32; 4],
    x: f32,
    y: f32,
}

impl<'a> Placed<'a> {
    /// Creates a letter with random rotation, stretch and slant. Its horizontal position is set later.
    fn random(glyph: &'a Glyph, style: &Style, rng: &mut impl Rng) -> Self {
        let (sin, cos) = rng.random_range(-style.rotation..=style.rotation).to_radians().sin_cos();
        let (across, down) = (rng.random_range(style.stretch_x.clone()), rng.random_range(style.stretch_y.clone()));
        let slant = rng.random_range(-style.shear..=style.shear) * down;
        let map = [cos * across, cos * slant - sin * down, sin * across, sin * slant + cos * down];
        let y = f32::from(HEIGHT) / 2.0 + rng.random_range(-style.lift..=style.lift);
        Self { glyph, map, x: 0.0, y }
    }

    fn scale(&mut self, by: f32) {
        self.map = self.map.map(|part| part * by);
    }

    /// Computes the width of the letter along the line.
    fn width(&self) -> f32 {
        f32::from(self.glyph.width) * self.map[0].hypot(self.map[2])
    }

    /// Computes half the horizontal and vertical extent of the transformed letter.
    fn reach(&self) -> (f32, f32) {
        let (width, height) = (f32::from(self.glyph.width) / 2.0, f32::from(self.glyph.height) / 2.0);
        let [a, b, c, d] = self.map.map(f32::abs);
        (a * width + b * height, c * width + d * height)
    }

    /// Moves the letter so that it stays inside the image even after the warp.
    fn clamp(&mut self, frame: f32) {
        let (across, down) = self.reach();
        let inside = |at: f32, reach: f32, side: u16| {
            let free = reach + frame;
            at.min(f32::from(side) - free).max(free)
        };
        self.x = inside(self.x, across, WIDTH);
        self.y = inside(self.y, down, HEIGHT);
    }

    /// Draws the letter by mapping every pixel back to its point in the letter (inverse mapping), so that nothing is
    /// resampled twice. Returns the number of pixels that became ink.
    fn draw(&self, bitmap: &mut Bitmap, warp: &Warp) -> usize {
        let mut added = 0;
        let to_letter = invert(self.map);
        let middle = (f32::from(self.glyph.width - 1) / 2.0, f32::from(self.glyph.height - 1) / 2.0);
        let (across, down) = self.reach();
        let columns = pixels(self.x, across + warp.reach(), WIDTH);
        for y in pixels(self.y, down + warp.reach(), HEIGHT) {
            let shift = warp.across(y) - self.x;
            let row = bitmap.row(y).get_mut(usize::from(columns.start)..).unwrap_or_default();
            for ((x, ink), down) in columns.clone().zip(row).zip(warp.down(columns.start)) {
                let (from_x, from_y) = (f32::from(x) + shift, f32::from(y) + down - self.y);
                let across = to_letter[0] * from_x + to_letter[1] * from_y + middle.0;
                let below = to_letter[2] * from_x + to_letter[3] * from_y + middle.1;
                let dark = self.glyph.is_dark(across, below);
                added += usize::from(dark && !*ink);
                *ink |= dark;
            }
        }
        added
    }
}

/// Draws the letters on one line, roughly centred, and shrinks them together if they are too wide for the image.
/// Returns how much ink each letter added.
pub(super) fn draw(
    bitmap: &mut Bitmap,
    glyphs: &[&Glyph],
    style: &Style,
    warp: &Warp,
    rng: &mut impl Rng,
) -> Vec<usize> {
    let mut placed: Vec<_> = glyphs.iter().map(|glyph| Placed::random(glyph, style, rng)).collect();
    // Weight and outline extend around the letters.
    let frame = warp.reach() + f32::from(style.weight + style.outline) + 1.0;
    let space = f32::from(WIDTH) - 2.0 * (MARGIN + frame);
    let wanted: f32 = placed.iter().map(|one| one.width() * style.advance).sum();
    let fit = (space / wanted).min(1.0);
    let free = (space - wanted * fit).max(0.0);
    let mut cursor = MARGIN + frame + free * rng.random_range(0.3..=0.7);
    let mut added = Vec::with_capacity(placed.len());
    for one in &mut placed {
        one.scale(fit);
        let width = one.width() * style.advance;
        one.x = cursor + width / 2.0;
        cursor += width;
        one.clamp(frame);
        added.push(one.draw(bitmap, warp));
    }
    added
}

/// Computes the inverse map. It exists because stretches are never 0.
fn invert([a, b, c, d]: [f32; 4]) -> [f32; 4] {
    let area = a * d - b * c;
    [d / area, -b / area, -c / area, a / area]
}

fn pixels(middle: f32, reach: f32, side: u16) -> Range<u16> {
    let clip = |at: f32| floor(at).min(side);
    clip(middle - reach)..clip(middle + reach + 2.0)
}

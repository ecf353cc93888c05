//! Shapes of the letters, rendered once with the font of the `captcha` crate through its public interface.

use std::panic::catch_unwind;

use captcha::{Captcha, Geometry};

use super::{error::StartError, pixel::floor};
use crate::domain::captcha_answer::Alphabet;

/// Plausible width and height of a letter, in pixels.
const SIDE: std::ops::RangeInclusive<usize> = 12..=64;

/// Resolution of a stored letter in points per pixel, fine enough for smooth edges after rotation.
const FINE: u16 = 4;
/// Ink from which a point is black: half of full coverage.
const DARK: f32 = 127.5;

/// The shape of a letter, with a blank frame of one pixel. It is smoothed once when it is loaded, so that drawing only
/// looks up points.
pub(super) struct Glyph {
    /// Width and height in pixels.
    pub(super) width: u16,
    pub(super) height: u16,
    /// Whether each point is black, with `FINE` points per pixel, row by row.
    fine: Vec<bool>,
}

impl Glyph {
    /// Creates a letter of the same size without ink.
    #[cfg(test)]
    pub(super) fn without_ink(&self) -> Self {
        Self { fine: vec![false; self.fine.len()], ..*self }
    }

    /// Checks whether the letter is black at a point, given in pixels from the centre of the first pixel. Points
    /// outside the letter are not black.
    pub(super) fn is_dark(&self, x: f32, y: f32) -> bool {
        let steps = f32::from(FINE);
        // Adding half a step rounds to the nearest point. Negative numbers are excluded below, because `floor` returns
        // 0 for them.
        let (x, y) = (x * steps + 0.5, y * steps + 0.5);
        let (column, row) = (floor(x), floor(y));
        let inside = x >= 0.0 && y >= 0.0 && column < self.width * FINE;
        inside && self.fine.get(usize::from(row) * usize::from(self.width * FINE) + usize::from(column)) == Some(&true)
    }
}

/// The ink of each pixel of a letter, 0 to 255.
struct Scan {
    width: usize,
    height: usize,
    ink: Vec<u8>,
}

impl Scan {
    /// Interpolates the ink between pixels (bilinear); it is 0 outside.
    fn ink_at(&self, x: f32, y: f32) -> f32 {
        let (column, row) = (floor(x), floor(y));
        let ink = |dx: u16, dy: u16| {
            let (x, y) = (usize::from(column + dx), usize::from(row + dy));
            if x < self.width && y < self.height { f32::from(self.ink[y * self.width + x]) } else { 0.0 }
        };
        let (right, below) = (x - f32::from(column), y - f32::from(row));
        let upper = ink(0, 0) * (1.0 - right) + ink(1, 0) * right;
        let lower = ink(0, 1) * (1.0 - right) + ink(1, 1) * right;
        upper * (1.0 - below) + lower * below
    }

    /// Determines the edge between black and white with subpixel precision.
    fn sharpen(&self) -> Option<Glyph> {
        let (width, height) = (u16::try_from(self.width).ok()?, u16::try_from(self.height).ok()?);
        let at = |step: u16| f32::from(step) / f32::from(FINE);
        let rows = 0..height * FINE;
        let fine = rows.flat_map(|y| (0..width * FINE).map(move |x| self.ink_at(at(x), at(y)) > DARK)).collect();
        Some(Glyph { width, height, fine })
    }
}

/// Lists every symbol of all alphabets, each once.
fn symbols() -> impl Iterator<Item = char> {
    let (mixed, digits) = (Alphabet::Mixed.symbols(), Alphabet::Digits.symbols());
    mixed.chars().chain(digits.chars().filter(|digit| !mixed.contains(*digit)))
}

/// The shapes of all symbols of [`Alphabet`].
pub(super) struct Glyphs {
    letters: Vec<(char, Glyph)>,
}

impl Glyphs {
    /// Renders and stores the shape of each symbol.
    ///
    /// # Errors
    /// `MissingLetter` for a letter that the crate cannot draw. The crate skips unknown letters silently, so they would
    /// be missing in images.
    pub(super) fn load() -> Result<Self, StartError> {
        let load = |letter| match extract(letter) {
            Some(glyph) => Ok((letter, glyph)),
            None => Err(StartError::MissingLetter(letter)),
        };
        Ok(Self { letters: symbols().map(load).collect::<Result<_, _>>()? })
    }

    pub(super) fn get(&self, letter: char) -> Option<&Glyph> {
        self.letters.iter().find(|(known, _)| *known == letter).map(|(_, glyph)| glyph)
    }
}

fn extract(letter: char) -> Option<Glyph> {
    // The crate's drawing panics on unexpected sizes.
    let png = catch_unwind(|| {
        let mut captcha = Captcha::new();
        captcha.set_chars(&[letter]).add_char();
        let area = captcha.text_area();
        let drawn = captcha.chars() == [letter];
        captcha.extract(Geometry::new(area.left, area.right + 1, area.top, area.bottom + 1));
        captcha.as_png().filter(|_| drawn)
    });
    let (width, height, ink) = decode(&png.ok()??)?;
    trim(width, height, &ink)?.sharpen()
}

/// Decodes the width, the height and the ink of each pixel of an 8-bit PNG.
fn decode(png: &[u8]) -> Option<(usize, usize, Vec<u8>)> {
    let mut decoder = png::Decoder::new(png);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let ink = pixels.chunks_exact(frame.color_type.samples()).map(|pixel| 255 - pixel[0]).collect();
    Some((usize::try_from(frame.width).ok()?, usize::try_from(frame.height).ok()?, ink))
}

/// Removes blank edges and adds a frame of one blank pixel.
fn trim(width: usize, height: usize, ink: &[u8]) -> Option<Scan> {
    let dark = |x: usize, y: usize| ink.get(y * width + x).is_some_and(|ink| *ink > 0);
    let columns: Vec<_> = (0..width).filter(|x| (0..height).any(|y| dark(*x, y))).collect();
    let rows: Vec<_> = (0..height).filter(|y| (0..width).any(|x| dark(x, *y))).collect();
    let (left, right) = (*columns.first()?, *columns.last()?);
    let (top, bottom) = (*rows.first()?, *rows.last()?);
    let (inner_width, inner_height) = (right - left + 1, bottom - top + 1);
    if !SIDE.contains(&inner_width) || !SIDE.contains(&inner_height) {
        return None;
    }
    let mut framed = vec![0; (inner_width + 2) * (inner_height + 2)];
    for (to, from) in
        framed.chunks_exact_mut(inner_width + 2).skip(1).zip(ink.chunks_exact(width).skip(top)).take(inner_height)
    {
        to[1..=inner_width].copy_from_slice(&from[left..=right]);
    }
    Some(Scan { width: inner_width + 2, height: inner_height + 2, ink: framed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_ink_and_a_blank_frame() {
        let glyphs = Glyphs::load().unwrap();
        for letter in symbols() {
            let glyph = glyphs.get(letter).unwrap();
            let dark = glyph.fine.iter().filter(|dark| **dark).count();
            let share = dark * 100 / glyph.fine.len();
            assert!((12..60).contains(&share), "{letter}: {share} %");
            let width = usize::from(glyph.width * FINE);
            assert!(glyph.fine.chunks_exact(width).all(|row| !row[0] && !row[width - 1]));
        }
        assert!(glyphs.get('W').is_none());
    }

    #[test]
    fn an_unknown_letter_is_not_skipped() {
        assert!(extract('ư').is_none());
        assert!(extract('0').is_none());
    }
}

//! Shapes of the letters, taken once from the `captcha` crate's font through its public interface.

use std::panic::catch_unwind;

use captcha::{Captcha, Geometry};

use super::layout::floor;
use crate::domain::challenge::ALPHABET;

/// Fewest and most pixels that a letter's side may have: anything else is no letter.
const SIDE: std::ops::RangeInclusive<usize> = 12..=64;

/// How much ink each pixel of a letter holds, 0 to 255, with a blank frame of one pixel.
pub(super) struct Glyph {
    pub(super) width: u16,
    pub(super) height: u16,
    ink: Vec<u8>,
}

impl Glyph {
    /// Ink between pixels at `(x, y)`, bilinear; 0 outside.
    pub(super) fn ink_at(&self, x: f32, y: f32) -> f32 {
        if x < 0.0 || y < 0.0 {
            return 0.0;
        }
        let (column, row) = (floor(x), floor(y));
        let width = usize::from(self.width);
        let at = usize::from(row) * width + usize::from(column);
        if column + 1 >= self.width || row + 1 >= self.height {
            return 0.0;
        }
        let pair = |at: usize| self.ink.get(at..at + 2);
        let (Some(upper), Some(lower)) = (pair(at), pair(at + width)) else { return 0.0 };
        let (right, below) = (x - f32::from(column), y - f32::from(row));
        let mix = |pair: &[u8]| f32::from(pair[0]) * (1.0 - right) + f32::from(pair[1]) * right;
        mix(upper) * (1.0 - below) + mix(lower) * below
    }
}

/// Every letter of [`ALPHABET`].
pub(super) struct Glyphs {
    letters: Vec<(char, Glyph)>,
}

impl Glyphs {
    /// Draws and keeps each letter.
    ///
    /// # Errors
    /// Names the letter that the crate cannot draw: it skips unknown ones silently, and pictures would lack them.
    pub(super) fn load() -> Result<Self, String> {
        let load = |letter| match extract(letter) {
            Some(glyph) => Ok((letter, glyph)),
            None => Err(format!("the captcha font has no letter {letter}")),
        };
        Ok(Self { letters: ALPHABET.chars().map(load).collect::<Result<_, _>>()? })
    }

    pub(super) fn get(&self, letter: char) -> Option<&Glyph> {
        self.letters.iter().find(|(known, _)| *known == letter).map(|(_, glyph)| glyph)
    }
}

fn extract(letter: char) -> Option<Glyph> {
    // The crate's drawing panics on sizes that it does not expect.
    let png = catch_unwind(|| {
        let mut captcha = Captcha::new();
        captcha.set_chars(&[letter]).add_char();
        let area = captcha.text_area();
        let drawn = captcha.chars() == [letter];
        captcha.extract(Geometry::new(area.left, area.right + 1, area.top, area.bottom + 1));
        captcha.as_png().filter(|_| drawn)
    });
    let (width, height, ink) = decode(&png.ok()??)?;
    trim(width, height, &ink)
}

/// Width, height and the ink of each pixel of an 8-bit PNG.
fn decode(png: &[u8]) -> Option<(usize, usize, Vec<u8>)> {
    let mut decoder = png::Decoder::new(png);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let ink = pixels.chunks_exact(frame.color_type.samples()).map(|pixel| 255 - pixel[0]).collect();
    Some((usize::try_from(frame.width).ok()?, usize::try_from(frame.height).ok()?, ink))
}

/// Cuts blank edges off and frames the rest with one blank pixel.
fn trim(width: usize, height: usize, ink: &[u8]) -> Option<Glyph> {
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
    Some(Glyph {
        width: u16::try_from(inner_width + 2).ok()?,
        height: u16::try_from(inner_height + 2).ok()?,
        ink: framed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_there_with_ink_and_a_blank_frame() {
        let glyphs = Glyphs::load().unwrap();
        for letter in ALPHABET.chars() {
            let glyph = glyphs.get(letter).unwrap();
            let dark = glyph.ink.iter().filter(|ink| **ink > 127).count();
            let share = dark * 100 / glyph.ink.len();
            assert!((12..60).contains(&share), "{letter}: {share} %");
            let width = usize::from(glyph.width);
            assert!(glyph.ink.chunks_exact(width).all(|row| row[0] == 0 && row[width - 1] == 0));
        }
        assert!(glyphs.get('W').is_none());
    }

    #[test]
    fn an_unknown_letter_is_not_skipped() {
        assert!(extract('ư').is_none());
        assert!(extract('0').is_none());
    }
}

//! A black-and-white image and its PNG encoding.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, FilterType};
use rand::Rng;

use super::{
    pixel::floor,
    style::{HEIGHT, WIDTH},
};

/// One bool per pixel, row by row; true is ink (black).
pub(super) struct Bitmap {
    ink: Vec<bool>,
}

impl Bitmap {
    pub(super) fn blank() -> Self {
        Self { ink: vec![false; usize::from(WIDTH) * usize::from(HEIGHT)] }
    }

    /// Returns the pixels of row `y` from left to right, or an empty slice outside the image.
    pub(super) fn row(&mut self, y: u16) -> &mut [bool] {
        self.ink.chunks_exact_mut(usize::from(WIDTH)).nth(usize::from(y)).unwrap_or_default()
    }

    /// Inverts one pixel. Does nothing outside the image.
    pub(super) fn invert(&mut self, x: usize, y: usize) {
        if x < usize::from(WIDTH)
            && let Some(ink) = self.ink.get_mut(y * usize::from(WIDTH) + x)
        {
            *ink ^= true;
        }
    }

    /// Replaces every shape with a line of this many pixels around it. 0 leaves the shapes unchanged.
    pub(super) fn outline(&mut self, pixels: u8) {
        if pixels == 0 {
            return;
        }
        let shapes = self.ink.clone();
        self.grow(pixels);
        for (ink, inside) in self.ink.iter_mut().zip(&shapes) {
            *ink &= !inside;
        }
    }

    /// Thickens every shape by this many pixels on each side. Shapes must keep that distance from the edge, or they
    /// wrap around to the other side.
    pub(super) fn grow(&mut self, pixels: u8) {
        let width = usize::from(WIDTH);
        for _ in 0..pixels {
            // Combines each pixel with its eight neighbours, first horizontally and then vertically.
            let mut across = self.ink.clone();
            join(&mut across[1..], &self.ink);
            join(&mut across, &self.ink[1..]);
            self.ink.copy_from_slice(&across);
            join(&mut self.ink[width..], &across);
            join(&mut self.ink, &across[width..]);
        }
    }

    /// Counts the ink pixels.
    pub(super) fn count(&self) -> usize {
        self.ink.iter().filter(|ink| **ink).count()
    }

    /// Checks whether there is ink on the outermost pixels, so that a shape may have been cut off.
    pub(super) fn touches_edge(&self) -> bool {
        let width = usize::from(WIDTH);
        let (first, last) = (&self.ink[..width], &self.ink[self.ink.len() - width..]);
        first.iter().chain(last).any(|ink| *ink) || self.ink.chunks_exact(width).any(|row| row[0] || row[width - 1])
    }

    /// Inverts the disc of `radius` around a point.
    pub(super) fn invert_disc(&mut self, x: f32, y: f32, radius: f32) {
        for py in 0..HEIGHT {
            let across = radius * radius - (f32::from(py) - y).powi(2);
            for (px, ink) in (0..WIDTH).zip(self.row(py)) {
                *ink ^= (f32::from(px) - x).powi(2) <= across;
            }
        }
    }

    /// Inverts each pixel with the probability `share`.
    pub(super) fn add_noise(&mut self, share: f32, rng: &mut impl Rng) {
        // Draws the distances between inverted pixels (a geometric distribution), which needs one random number per
        // inverted pixel instead of one per pixel.
        let scale = (1.0 - share).ln().recip();
        let mut rest = self.ink.as_mut_slice();
        loop {
            let gap = usize::from(floor((1.0 - rng.random::<f32>()).ln() * scale));
            let Some((ink, after)) = rest.get_mut(gap..).and_then(<[bool]>::split_first_mut) else { return };
            *ink ^= true;
            rest = after;
        }
    }

    /// Counts the pixels that differ.
    #[cfg(test)]
    pub(super) fn differing(&self, other: &Self) -> usize {
        self.ink.iter().zip(&other.ink).filter(|(one, other)| one != other).count()
    }

    /// Encodes the image as a 1-bit grayscale PNG, in which ink is black.
    pub(super) fn to_png(&self) -> Result<Vec<u8>, EncodingError> {
        let packed: Vec<u8> =
            self.ink.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, ink| byte << 1 | u8::from(!ink))).collect();
        let mut png = Vec::with_capacity(packed.len() + 512);
        let mut encoder = Encoder::new(&mut png, WIDTH.into(), HEIGHT.into());
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        encoder.set_compression(Compression::Fast);
        // PNG filters work on bytes; on packed bits they only add entropy.
        encoder.set_filter(FilterType::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&packed)?;
        writer.finish()?;
        Ok(png)
    }
}

/// Adds ink wherever `other` has some.
fn join(ink: &mut [bool], other: &[bool]) {
    for (ink, other) in ink.iter_mut().zip(other) {
        *ink |= other;
    }
}

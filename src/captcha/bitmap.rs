//! A black-and-white picture and its PNG.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, FilterType};
use rand::Rng;

use super::{
    layout::floor,
    style::{HEIGHT, WIDTH},
};

/// One bool per pixel, row by row; true is ink.
pub(super) struct Bitmap {
    ink: Vec<bool>,
}

impl Bitmap {
    pub(super) fn blank() -> Self {
        Self { ink: vec![false; usize::from(WIDTH) * usize::from(HEIGHT)] }
    }

    /// The pixels of row `y` from the left. Empty outside the picture.
    pub(super) fn row(&mut self, y: u16) -> &mut [bool] {
        self.ink.chunks_exact_mut(usize::from(WIDTH)).nth(usize::from(y)).unwrap_or_default()
    }

    /// How many pixels are ink.
    pub(super) fn count(&self) -> usize {
        self.ink.iter().filter(|ink| **ink).count()
    }

    /// True when ink lies on the outermost pixels, that is when something may have been cut off.
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

    /// Inverts each pixel with the given chance.
    pub(super) fn add_noise(&mut self, share: f32, rng: &mut impl Rng) {
        // Draws the gaps between inverted pixels (geometric), one number for each instead of one per pixel.
        let scale = (1.0 - share).ln().recip();
        let mut rest = self.ink.as_mut_slice();
        loop {
            let gap = usize::from(floor((1.0 - rng.random::<f32>()).ln() * scale));
            let Some((ink, after)) = rest.get_mut(gap..).and_then(<[bool]>::split_first_mut) else { return };
            *ink ^= true;
            rest = after;
        }
    }

    /// The picture as a 1-bit grayscale PNG, where ink is black.
    pub(super) fn to_png(&self) -> Result<Vec<u8>, EncodingError> {
        let packed: Vec<u8> =
            self.ink.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, ink| byte << 1 | u8::from(!ink))).collect();
        let mut png = Vec::with_capacity(packed.len() + 512);
        let mut encoder = Encoder::new(&mut png, WIDTH.into(), HEIGHT.into());
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        encoder.set_compression(Compression::Fast);
        // Filters work on bytes: between packed bits they only add entropy.
        encoder.set_filter(FilterType::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&packed)?;
        writer.finish()?;
        Ok(png)
    }
}

//! Draws pictures: letters, discs, strokes, noise, in this order.

use rand::Rng;

use super::{
    bitmap::Bitmap,
    glyphs::{Glyph, Glyphs},
    layout, stroke,
    style::{DISC, HEIGHT, NOISE, Style, WIDTH},
    warp::Warp,
};
use crate::domain::challenge::{ALPHABET, Level, Picture};

/// Longest answer that a picture can hold legibly.
const MAX_LETTERS: usize = 8;
/// Ink of a letter in pixels, on average over a picture: from eight small ones to one large M.
const LETTER_INK: std::ops::RangeInclusive<usize> = 90..=1_000;
/// Tries to draw one picture. One practically always does; the check guards against a silent blank.
const TRIES: usize = 8;

/// Knows the letters. Drawing takes CPU time: never on a thread that serves requests.
pub struct Artist {
    glyphs: Glyphs,
}

impl Artist {
    /// Reads the font.
    ///
    /// # Errors
    /// Names the letter that the font lacks.
    pub fn new() -> Result<Self, String> {
        Ok(Self { glyphs: Glyphs::load()? })
    }

    /// A picture of a random answer, each equally likely as long as `rng` is a CSPRNG.
    pub fn draw(&self, level: Level, rng: &mut impl Rng) -> Option<Picture> {
        let answer: String = (0..level.length()).filter_map(|_| random_letter(rng)).collect();
        self.draw_answer(&answer, level, rng)
    }

    /// A picture of this answer; `None` when it is not 1 to 8 letters of [`ALPHABET`], or in the practically impossible case
    /// that no try was legible.
    pub fn draw_answer(&self, answer: &str, level: Level, rng: &mut impl Rng) -> Option<Picture> {
        let glyphs: Vec<_> = answer.chars().map(|letter| self.glyphs.get(letter)).collect::<Option<_>>()?;
        if !(1..=MAX_LETTERS).contains(&glyphs.len()) {
            return None;
        }
        let bitmap = (0..TRIES).find_map(|_| compose(&glyphs, &Style::of(level), rng))?;
        let png = bitmap.to_png().ok()?;
        Some(Picture { answer: answer.to_owned(), png, width: WIDTH.into(), height: HEIGHT.into() })
    }
}

/// `None` when letters are missing or cut off.
fn compose(glyphs: &[&Glyph], style: &Style, rng: &mut impl Rng) -> Option<Bitmap> {
    let mut bitmap = Bitmap::blank();
    let warp = Warp::random(rng);
    layout::draw(&mut bitmap, glyphs, &warp, rng);
    if bitmap.touches_edge() || !LETTER_INK.contains(&(bitmap.count() / glyphs.len())) {
        return None;
    }
    for _ in 0..style.discs {
        let (x, y) = (rng.random_range(24.0..216.0), rng.random_range(30.0..60.0));
        bitmap.invert_disc(x, y, rng.random_range(DISC));
    }
    // After the discs: within one, a dark stroke only cuts the light letter and adds no line that could be read as part of it.
    stroke::draw(&mut bitmap, style.strokes, &warp, rng);
    bitmap.add_noise(NOISE, rng);
    Some(bitmap)
}

fn random_letter(rng: &mut impl Rng) -> Option<char> {
    ALPHABET.as_bytes().get(rng.random_range(0..ALPHABET.len())).map(|letter| char::from(*letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};
    use std::collections::HashSet;

    /// Depth and colour as they stand in the file, and the ink of each pixel.
    fn decode(png: &[u8]) -> (png::BitDepth, png::ColorType, Vec<bool>) {
        let mut reader = png::Decoder::new(png).read_info().unwrap();
        let mut packed = vec![0; reader.output_buffer_size()];
        let frame = reader.next_frame(&mut packed).unwrap();
        assert_eq!((frame.width, frame.height), (240, 90));
        let ink = packed.iter().flat_map(|byte| (0..8).map(move |bit| byte & (128 >> bit) == 0)).collect();
        (frame.bit_depth, frame.color_type, ink)
    }

    #[test]
    fn three_hundred_pictures_are_small_black_and_white_and_inked() {
        let artist = Artist::new().unwrap();
        for level in [Level::Normal, Level::Hard] {
            for seed in 0..150 {
                let picture = artist.draw(level, &mut StdRng::seed_from_u64(seed)).unwrap();
                assert_eq!(picture.answer.len(), level.length());
                assert!(picture.answer.chars().all(|letter| ALPHABET.contains(letter)));
                assert!(picture.png.len() <= 4096, "{} bytes", picture.png.len());
                let (depth, color, ink) = decode(&picture.png);
                assert_eq!((depth, color), (png::BitDepth::One, png::ColorType::Grayscale));
                let share = ink.iter().filter(|ink| **ink).count() * 100 / ink.len();
                assert!((6..25).contains(&share), "{share} % of picture {seed}");
            }
        }
    }

    #[test]
    fn the_widest_letters_are_shrunk_and_never_cut() {
        let artist = Artist::new().unwrap();
        for letters in ["M", "7", "MMMMMM", "MMMMMMMM", "777777", "KNMHXR"] {
            let glyphs: Vec<_> = letters.chars().map(|letter| artist.glyphs.get(letter).unwrap()).collect();
            for seed in 0..50 {
                let mut rng = StdRng::seed_from_u64(seed);
                let mut bitmap = Bitmap::blank();
                layout::draw(&mut bitmap, &glyphs, &Warp::random(&mut rng), &mut rng);
                assert!(!bitmap.touches_edge(), "{letters}, seed {seed}");
                let ink = bitmap.count() / glyphs.len();
                assert!(LETTER_INK.contains(&ink), "{letters}, seed {seed}: {ink} pixels a letter");
            }
        }
    }

    #[test]
    fn two_pictures_of_one_answer_differ() {
        let artist = Artist::new().unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let mut draw = || artist.draw_answer("KM7RT", Level::Normal, &mut rng).unwrap().png;
        let (one, other) = (decode(&draw()).2, decode(&draw()).2);
        let differing = one.iter().zip(&other).filter(|(one, other)| one != other).count();
        assert!(differing > 1_500, "{differing} pixels");
    }

    #[test]
    fn every_letter_comes_at_every_place() {
        let artist = Artist::new().unwrap();
        let mut rng = StdRng::seed_from_u64(2);
        let mut seen = HashSet::new();
        for _ in 0..150 {
            seen.extend(artist.draw(Level::Normal, &mut rng).unwrap().answer.chars().enumerate());
        }
        assert_eq!(seen.len(), 5 * 16);
    }

    #[test]
    fn an_answer_that_cannot_be_shown_is_no_picture() {
        let artist = Artist::new().unwrap();
        let mut rng = StdRng::seed_from_u64(3);
        for answer in ["", "KM7R0", "km7rt", "KM 7RT", "CCCCCCCCC"] {
            assert!(artist.draw_answer(answer, Level::Normal, &mut rng).is_none(), "{answer}");
        }
    }
}

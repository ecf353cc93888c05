//! Drawing of images, in this order: letters, inversions, strokes, noise.

use rand::Rng;

use super::{
    bitmap::Bitmap,
    error::StartError,
    glyphs::{Glyph, Glyphs},
    inversion, layout, stroke,
    style::{self, HEIGHT, Style, WIDTH},
    warp::Warp,
};
use crate::domain::{
    captcha_answer::Alphabet, challenge::CaptchaImage, challenge_level::Level, image_profile::Profile,
};

/// Longest answer that is legible in an image.
const MAX_LETTERS: usize = 8;
/// Ink that each letter must add to the previous ones, in pixels: the minimum is that of a small, half-covered letter
/// among eight, and the maximum that of one large M.
const LETTER_INK: std::ops::RangeInclusive<usize> = 60..=1_400;
/// Permitted share of black pixels in percent. Bands may invert most of an image, but it must not become a single
/// colour.
const BLACK: std::ops::RangeInclusive<usize> = 5..=92;
/// Attempts to draw one image. The first one practically always succeeds; the checks prevent blank images.
const TRIES: usize = 8;

/// Parameters of an image.
#[derive(Debug, Clone, Copy)]
pub struct ImageSpec {
    pub alphabet: Alphabet,
    pub profile: Profile,
    pub level: Level,
}

/// A renderer with the shapes of all letters. Drawing takes CPU time and must not run on threads that serve requests.
pub struct Renderer {
    glyphs: Glyphs,
}

impl Renderer {
    /// Loads the font and checks the parameters of the profiles.
    ///
    /// # Errors
    /// The letter that the font lacks, or the parameter that is out of bounds.
    pub fn new() -> Result<Self, StartError> {
        style::check_all()?;
        Ok(Self { glyphs: Glyphs::load()? })
    }

    /// Draws an image with a random answer. If `rng` is a CSPRNG, all answers are equally likely.
    pub fn draw(&self, spec: ImageSpec, rng: &mut impl Rng) -> Option<CaptchaImage> {
        let length = spec.alphabet.length(spec.level);
        let answer: String = (0..length).filter_map(|_| random_symbol(spec.alphabet, rng)).collect();
        self.draw_answer(&answer, spec, rng)
    }

    /// Draws an image of this answer. Returns `None` when the answer is not 1 to 8 symbols of the alphabet, or if no
    /// attempt was legible, which practically never happens.
    pub fn draw_answer(&self, answer: &str, spec: ImageSpec, rng: &mut impl Rng) -> Option<CaptchaImage> {
        let ImageSpec { alphabet, profile, level } = spec;
        let known = |letter: char| alphabet.symbols().contains(letter).then(|| self.glyphs.get(letter)).flatten();
        let glyphs: Vec<_> = answer.chars().map(known).collect::<Option<_>>()?;
        if !(1..=MAX_LETTERS).contains(&glyphs.len()) {
            return None;
        }
        let style = Style::of(profile, level);
        let bitmap = (0..TRIES).find_map(|_| compose(&glyphs, &style, rng))?;
        let png = bitmap.to_png().ok()?;
        let (width, height) = (WIDTH.into(), HEIGHT.into());
        Some(CaptchaImage { answer: answer.to_owned(), alphabet, profile, png, width, height })
    }
}

/// Draws the image. Returns `None` when a letter is missing, hidden or cut off, or when the image has almost a single
/// colour.
fn compose(glyphs: &[&Glyph], style: &Style, rng: &mut impl Rng) -> Option<Bitmap> {
    let warp = Warp::random(style, rng);
    let bitmap = letters(glyphs, style, &warp, rng)?;
    let bitmap = disturb(bitmap, style, &warp, rng);
    let black = bitmap.count() * 100 / (usize::from(WIDTH) * usize::from(HEIGHT));
    BLACK.contains(&black).then_some(bitmap)
}

fn letters(glyphs: &[&Glyph], style: &Style, warp: &Warp, rng: &mut impl Rng) -> Option<Bitmap> {
    let mut bitmap = Bitmap::blank();
    let inked = layout::draw(&mut bitmap, glyphs, style, warp, rng);
    let seen = inked.len() == glyphs.len() && inked.iter().all(|ink| LETTER_INK.contains(ink));
    bitmap.grow(style.weight);
    bitmap.outline(style.outline);
    (seen && !bitmap.touches_edge()).then_some(bitmap)
}

fn disturb(mut bitmap: Bitmap, style: &Style, warp: &Warp, rng: &mut impl Rng) -> Bitmap {
    inversion::draw(&mut bitmap, style, rng);
    // Strokes are drawn after the discs: inside a disc, a dark stroke then only cuts the light letter and adds no line
    // that could be read as part of it.
    stroke::draw(&mut bitmap, style, warp, rng);
    bitmap.add_noise(style.noise, rng);
    bitmap
}

fn random_symbol(alphabet: Alphabet, rng: &mut impl Rng) -> Option<char> {
    let symbols = alphabet.symbols().as_bytes();
    symbols.get(rng.random_range(0..symbols.len())).map(|symbol| char::from(*symbol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng as _, rngs::StdRng};
    use std::collections::HashSet;

    /// Decodes the bit depth and colour type from the file, and the ink of each pixel.
    fn decode(png: &[u8]) -> (png::BitDepth, png::ColorType, Vec<bool>) {
        let mut reader = png::Decoder::new(png).read_info().unwrap();
        let mut packed = vec![0; reader.output_buffer_size()];
        let frame = reader.next_frame(&mut packed).unwrap();
        assert_eq!((frame.width, frame.height), (240, 90));
        let ink = packed.iter().flat_map(|byte| (0..8).map(move |bit| byte & (128 >> bit) == 0)).collect();
        (frame.bit_depth, frame.color_type, ink)
    }

    /// Lists all combinations of alphabet, profile and level.
    fn combinations() -> Vec<ImageSpec> {
        let levels = [Level::Normal, Level::Hard];
        let of = |alphabet, profile| levels.map(|level| ImageSpec { alphabet, profile, level });
        let alphabets = Alphabet::ALL.iter();
        alphabets.flat_map(|alphabet| Profile::ALL.iter().flat_map(move |profile| of(*alphabet, *profile))).collect()
    }

    const SPEC: ImageSpec = ImageSpec { alphabet: Alphabet::Mixed, profile: Profile::Stroke, level: Level::Normal };

    /// Checks the properties that images of every style must have.
    fn inspect(renderer: &Renderer, spec: ImageSpec, seed: u64) {
        let at = format!("{spec:?}, seed {seed}");
        let image = renderer.draw(spec, &mut StdRng::seed_from_u64(seed)).expect(&at);
        assert_eq!(image.answer.len(), spec.alphabet.length(spec.level), "{at}");
        assert!(image.answer.chars().all(|letter| spec.alphabet.symbols().contains(letter)), "{at}");
        assert!(image.png.len() <= 4096, "{at}: {} bytes", image.png.len());
        let (depth, color, ink) = decode(&image.png);
        assert_eq!((depth, color), (png::BitDepth::One, png::ColorType::Grayscale), "{at}");
        let share = ink.iter().filter(|ink| **ink).count() * 100 / ink.len();
        assert!(BLACK.contains(&share), "{at}: {share} % black");
    }

    /// Draws the image with and without each letter and otherwise the same parameters, and checks that the difference
    /// is visible.
    fn look_for_every_letter(renderer: &Renderer, spec: ImageSpec, seed: u64) {
        let answer = renderer.draw(spec, &mut StdRng::seed_from_u64(seed)).unwrap().answer;
        let glyphs: Vec<_> = answer.chars().map(|letter| renderer.glyphs.get(letter).unwrap()).collect();
        let style = Style::of(spec.profile, spec.level);
        let draw = |glyphs: &[&Glyph]| {
            let mut rng = StdRng::seed_from_u64(seed);
            let warp = Warp::random(&style, &mut rng);
            let mut bitmap = Bitmap::blank();
            layout::draw(&mut bitmap, glyphs, &style, &warp, &mut rng);
            bitmap.grow(style.weight);
            bitmap.outline(style.outline);
            assert!(!bitmap.touches_edge(), "{spec:?}, seed {seed}");
            disturb(bitmap, &style, &warp, &mut rng)
        };
        let whole = draw(&glyphs);
        for (n, glyph) in glyphs.iter().enumerate() {
            let blank = glyph.without_ink();
            let mut rest = glyphs.clone();
            rest[n] = &blank;
            let shown = whole.differing(&draw(&rest));
            assert!(shown >= SHOWN, "{spec:?}, seed {seed}: {shown} pixels of letter {n}");
        }
    }

    /// Fewest visible pixels of a letter.
    const SHOWN: usize = 60;

    /// Runs `check` on `count` images of all combinations, on all cores.
    fn with_images(count: u64, check: impl Fn(&Renderer, ImageSpec, u64) + Sync) {
        let (renderer, combinations) = (Renderer::new().unwrap(), combinations());
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for worker in 0..workers {
                let (renderer, combinations, check) = (&renderer, &combinations, &check);
                scope.spawn(move || {
                    for (seed, spec) in (0..count).zip(combinations.iter().cycle()).skip(worker).step_by(workers) {
                        check(renderer, *spec, seed);
                    }
                });
            }
        });
    }

    #[test]
    fn ten_thousand_images_are_whole_small_and_black_and_white() {
        with_images(10_000, inspect);
    }

    #[test]
    fn every_letter_is_visible() {
        with_images(480, look_for_every_letter);
    }

    #[test]
    fn the_widest_letters_are_shrunk_and_never_cut() {
        let renderer = Renderer::new().unwrap();
        for letters in ["M", "7", "MMMMMM", "MMMMMMMM", "777777", "KNMHXR", "22222222"] {
            let glyphs: Vec<_> = letters.chars().map(|letter| renderer.glyphs.get(letter).unwrap()).collect();
            for (seed, spec) in (0..240).zip(combinations().into_iter().cycle()) {
                let style = Style::of(spec.profile, spec.level);
                let mut rng = StdRng::seed_from_u64(seed);
                let warp = Warp::random(&style, &mut rng);
                assert!(letters_of(&glyphs, &style, &warp, &mut rng).is_some(), "{letters}, {spec:?}, seed {seed}");
            }
        }
    }

    use super::letters as letters_of;

    #[test]
    fn no_image_has_a_letter_without_ink() {
        let renderer = Renderer::new().unwrap();
        let (k, blank) = (renderer.glyphs.get('K').unwrap(), renderer.glyphs.get('M').unwrap().without_ink());
        for spec in combinations() {
            let style = Style::of(spec.profile, spec.level);
            assert!(compose(&[k, k, k, k], &style, &mut StdRng::seed_from_u64(4)).is_some());
            assert!(compose(&[k, k, &blank, k], &style, &mut StdRng::seed_from_u64(4)).is_none());
        }
    }

    #[test]
    fn two_images_of_one_answer_differ() {
        let renderer = Renderer::new().unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let mut draw = || renderer.draw_answer("KM7RT", SPEC, &mut rng).unwrap().png;
        let (one, other) = (decode(&draw()).2, decode(&draw()).2);
        let differing = one.iter().zip(&other).filter(|(one, other)| one != other).count();
        assert!(differing > 1_500, "{differing} pixels");
    }

    #[test]
    fn every_letter_occurs_at_every_position() {
        let renderer = Renderer::new().unwrap();
        let mut rng = StdRng::seed_from_u64(2);
        let mut seen = HashSet::new();
        for _ in 0..150 {
            seen.extend(renderer.draw(SPEC, &mut rng).unwrap().answer.chars().enumerate());
        }
        assert_eq!(seen.len(), 5 * 16);
    }

    #[test]
    fn no_image_is_drawn_for_an_answer_that_cannot_be_shown() {
        let renderer = Renderer::new().unwrap();
        let mut rng = StdRng::seed_from_u64(3);
        for answer in ["", "KM7R0", "KM7R2", "km7rt", "KM 7RT", "CCCCCCCCC"] {
            assert!(renderer.draw_answer(answer, SPEC, &mut rng).is_none(), "{answer}");
        }
    }
}

//! Sample images for people and for tests of attacks.

use std::{fs, io, path::Path};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::renderer::{ImageSpec, Renderer};
use crate::domain::{captcha_answer::Alphabet, challenge_level::Level, image_profile::Profile};

/// Which images to draw.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    pub alphabet: Alphabet,
    /// The profile, or `None` for a random profile for each image.
    pub profile: Option<Profile>,
    pub level: Level,
}

/// Writes `count` images named `<n>_<answer>.png` to `dir`, where n starts at 1. Creates the directory if it does not
/// exist.
///
/// # Errors
/// The directory or a file cannot be written, or the font cannot be loaded.
pub fn write_samples(wish: Wish, count: usize, dir: &Path) -> io::Result<()> {
    let renderer = Renderer::new().map_err(io::Error::other)?;
    let mut rng = StdRng::try_from_os_rng().map_err(io::Error::other)?;
    let Wish { alphabet, profile, level } = wish;
    fs::create_dir_all(dir)?;
    for n in 1..=count {
        let profile = profile.unwrap_or_else(|| Profile::ALL[rng.random_range(0..Profile::ALL.len())]);
        let image = renderer
            .draw(ImageSpec { alphabet, profile, level }, &mut rng)
            .ok_or_else(|| io::Error::other("an image cannot be drawn"))?;
        fs::write(dir.join(format!("{n}_{}.png", image.answer)), &image.png)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(wish: Wish) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        write_samples(wish, 3, &dir.path().join("new")).unwrap();
        let mut names: Vec<_> = fs::read_dir(dir.path().join("new"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let answer = |(n, name): (usize, &String)| {
            let answer = name.strip_prefix(&format!("{n}_")).and_then(|rest| rest.strip_suffix(".png"));
            answer.unwrap_or_else(|| panic!("{name}")).to_owned()
        };
        (1..=3).zip(&names).map(answer).collect()
    }

    #[test]
    fn samples_are_numbered_and_carry_their_answer() {
        let wish = Wish { alphabet: Alphabet::Mixed, profile: None, level: Level::Normal };
        assert!(answers(wish).iter().all(|answer| answer.len() == 5));
        let wish = Wish { alphabet: Alphabet::Digits, profile: Some(Profile::Bands), level: Level::Hard };
        assert!(answers(wish).iter().all(|answer| answer.len() == 7 && answer.bytes().all(|b| b.is_ascii_digit())));
    }
}

//! Samples for people and for attack runs.

use std::{fs, io, path::Path};

use rand::{SeedableRng as _, rngs::StdRng};

use super::artist::Artist;
use crate::domain::challenge::Level;

/// Writes `count` pictures of [`Level::Normal`] into `dir`, which is made when missing: `<n>_<answer>.png`, n from 1.
///
/// # Errors
/// When the directory or a file cannot be written, or the font cannot be read.
pub fn write_samples(count: usize, dir: &Path) -> io::Result<()> {
    let artist = Artist::new().map_err(io::Error::other)?;
    let mut rng = StdRng::try_from_os_rng().map_err(io::Error::other)?;
    fs::create_dir_all(dir)?;
    for n in 1..=count {
        let picture =
            artist.draw(Level::Normal, &mut rng).ok_or_else(|| io::Error::other("a picture cannot be drawn"))?;
        fs::write(dir.join(format!("{n}_{}.png", picture.answer)), &picture.png)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_numbered_and_carry_their_answer() {
        let dir = tempfile::tempdir().unwrap();
        write_samples(3, &dir.path().join("new")).unwrap();
        let mut names: Vec<_> = fs::read_dir(dir.path().join("new"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        for (n, name) in (1..=3).zip(&names) {
            let answer = name.strip_prefix(&format!("{n}_")).and_then(|rest| rest.strip_suffix(".png"));
            assert_eq!(answer.map(str::len), Some(5), "{name}");
        }
    }
}

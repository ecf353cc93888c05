//! Pictures ready to be handed out: one thread per level draws ahead, so a request never waits for drawing.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{
    sync::{Mutex, mpsc},
    time::timeout,
};

use super::artist::Artist;
use crate::domain::{
    Error, Result,
    challenge::{Level, Picture},
};

/// Pictures kept ready per level: about 130 KB, and the burst that a level serves before its thread has run again.
const READY: usize = 64;
/// How long a request waits for a picture when all are gone.
const PATIENCE: Duration = Duration::from_millis(50);
/// After which time a caller may ask again; a level's thread draws thousands meanwhile.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Pause after a picture that could not be drawn, so that a broken artist does not take a core.
const PAUSE: Duration = Duration::from_millis(100);

/// Ready pictures of every level. Each is given once. The threads end when the pool is dropped.
pub struct Pool {
    normal: Mutex<mpsc::Receiver<Picture>>,
    hard: Mutex<mpsc::Receiver<Picture>>,
}

impl Pool {
    /// Reads the font and starts to draw. With `fixed_answer`, for tests, every picture shows it in upper case.
    ///
    /// # Errors
    /// When the font lacks a letter, `fixed_answer` is not 1 to 8 letters of
    /// [`ALPHABET`](crate::domain::challenge::ALPHABET), or the system gives no randomness or thread.
    pub fn start(fixed_answer: Option<String>) -> Result<Self, String> {
        let artist = Arc::new(Artist::new()?);
        let fixed = fixed_answer.map(|answer| answer.to_uppercase());
        let level = |level| start_level(&artist, level, fixed.clone());
        Ok(Self { normal: level(Level::Normal)?, hard: level(Level::Hard)? })
    }

    /// Takes a picture out of the pool.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when none came within 50 ms.
    pub async fn take(&self, level: Level) -> Result<Picture> {
        let ready = match level {
            Level::Light | Level::Normal => &self.normal,
            Level::Hard => &self.hard,
        };
        let picture = timeout(PATIENCE, async { ready.lock().await.recv().await }).await;
        picture.ok().flatten().ok_or(Error::Overloaded { what: "captcha pool", retry_after: RETRY_AFTER })
    }
}

fn start_level(
    artist: &Arc<Artist>,
    level: Level,
    fixed: Option<String>,
) -> Result<Mutex<mpsc::Receiver<Picture>>, String> {
    let mut rng = StdRng::try_from_os_rng().map_err(|error| error.to_string())?;
    let artist = Arc::clone(artist);
    let mut draw = move || match &fixed {
        Some(answer) => artist.draw_answer(answer, level, &mut rng),
        None => artist.draw(level, &mut rng),
    };
    draw().ok_or("a picture cannot be drawn; a fixed answer is 1 to 8 letters of the captcha's alphabet")?;
    let (sender, receiver) = mpsc::channel(READY);
    let fill = move || {
        while !sender.is_closed() {
            match catch_unwind(AssertUnwindSafe(&mut draw)) {
                // The send waits for room and fails only when the pool is gone, which ends the loop.
                Ok(Some(picture)) => drop(sender.blocking_send(picture)),
                Ok(None) | Err(_) => thread::sleep(PAUSE),
            }
        }
    };
    let name = format!("captcha-{}", level.number());
    thread::Builder::new().name(name).spawn(fill).map_err(|error| error.to_string())?;
    Ok(Mutex::new(receiver))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Takes one more picture, however slow the machine is.
    async fn wait_for(pool: &Pool, level: Level) -> Picture {
        loop {
            if let Ok(picture) = pool.take(level).await {
                return picture;
            }
        }
    }

    #[tokio::test]
    async fn each_picture_is_given_once() {
        let pool = Pool::start(None).unwrap();
        let mut seen = HashSet::new();
        for _ in 0..100 {
            assert!(seen.insert(wait_for(&pool, Level::Normal).await.png));
        }
        assert_eq!(wait_for(&pool, Level::Hard).await.answer.len(), 6);
    }

    #[tokio::test]
    async fn a_fixed_answer_is_in_every_picture() {
        let pool = Pool::start(Some("km7rt".to_owned())).unwrap();
        for level in [Level::Normal, Level::Hard, Level::Normal] {
            assert_eq!(wait_for(&pool, level).await.answer, "KM7RT");
        }
    }

    #[test]
    fn a_fixed_answer_that_cannot_be_drawn_stops_the_start() {
        for answer in ["", "HELLO", "CCCCCCCCC"] {
            assert!(Pool::start(Some(answer.to_owned())).is_err(), "{answer}");
        }
    }

    #[tokio::test]
    async fn an_empty_pool_says_when_to_come_back() {
        let (_sender, receiver) = mpsc::channel(1);
        let (_other, hard) = mpsc::channel(1);
        let pool = Pool { normal: Mutex::new(receiver), hard: Mutex::new(hard) };
        assert!(matches!(
            pool.take(Level::Normal).await,
            Err(Error::Overloaded { what: "captcha pool", retry_after: RETRY_AFTER })
        ));
    }

    #[test]
    fn the_thread_ends_with_the_pool() {
        let artist = Arc::new(Artist::new().unwrap());
        let ready = start_level(&artist, Level::Normal, None).unwrap();
        assert_eq!(Arc::strong_count(&artist), 2);
        drop(ready);
        while Arc::strong_count(&artist) > 1 {
            thread::yield_now();
        }
    }
}

//! The pool of captcha images. One thread draws images ahead, so that requests do not wait for drawing.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Duration,
};

use metrics::counter;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::time::timeout;

use super::{
    error::StartError,
    ready_images::{Order, ReadyImages},
    renderer::{ImageSpec, Renderer},
};
use crate::{
    domain::{
        Error, Result, captcha_answer::Alphabet, challenge::CaptchaImage, challenge_level::Level,
        image_profile::Profile,
    },
    supervise::{panicked, watched},
};

/// How long a request waits for an image when none is ready.
const PATIENCE: Duration = Duration::from_millis(50);
/// Retry delay for callers that got no image. The thread draws thousands of images in this time.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Pause after an image that could not be drawn, so that a broken renderer does not keep a core busy.
const PAUSE: Duration = Duration::from_millis(100);

/// A pool of ready images of every level. Each image is used once. The thread ends when the pool is dropped.
pub struct ImagePool {
    ready: Arc<ReadyImages>,
}

impl ImagePool {
    /// Loads the font, checks the profiles' parameters and starts the drawing thread. `fixed_answer` is for tests:
    /// every image shows it in upper case.
    ///
    /// # Errors
    /// A profile's parameter is out of bounds, there is no profile, the font lacks a letter, `fixed_answer` is not 1 to
    /// 8 symbols of the alphabet, or the system cannot provide random numbers or a thread.
    pub fn start(alphabet: Alphabet, profiles: &[Profile], fixed_answer: Option<String>) -> Result<Self, StartError> {
        let renderer = Renderer::new()?;
        let rng = StdRng::try_from_os_rng().map_err(|error| StartError::Randomness(error.to_string()))?;
        let mut worker = Worker { renderer, alphabet, fixed: fixed_answer.map(|answer| answer.to_uppercase()), rng };
        if profiles.is_empty() {
            return Err(StartError::NoProfile);
        }
        for profile in Profile::ALL {
            for level in [Level::Normal, Level::Hard] {
                let symbols = alphabet.symbols();
                worker.draw(*profile, level).ok_or(StartError::Undrawable { profile: *profile, symbols })?;
            }
        }
        let ready = Arc::new(ReadyImages::new(profiles));
        let filled = Arc::clone(&ready);
        watched("captcha");
        thread::Builder::new()
            .name("captcha".to_owned())
            .spawn(move || fill(&filled, &mut worker))
            .map_err(StartError::Thread)?;
        Ok(Self { ready })
    }

    /// Creates a pool without a drawing thread, for tests of a failed renderer.
    pub fn idle() -> Self {
        Self { ready: Arc::new(ReadyImages::new(Profile::ALL)) }
    }

    /// Changes the profiles, one of which is picked at random for each image. Images that were drawn before are
    /// dropped. An empty list changes nothing.
    pub fn set_profiles(&self, profiles: &[Profile]) {
        if !profiles.is_empty() {
            self.ready.set_profiles(profiles);
        }
    }

    /// Takes an image out of the pool.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when none becomes ready within 50 ms.
    pub async fn take(&self, level: Level) -> Result<CaptchaImage> {
        let level = level.of_image();
        let image = match self.ready.take(level) {
            Some(image) => image,
            None => {
                counter!("duyet_captcha_pool_empty_total").increment(1);
                timeout(PATIENCE, self.ready.wait(level))
                    .await
                    .map_err(|_| Error::Overloaded { what: "captcha pool", retry_after: RETRY_AFTER })?
            }
        };
        let profile = image.profile.as_str();
        counter!("duyet_captcha_images_total", "profile" => profile, "level" => level.as_str()).increment(1);
        Ok(image)
    }
}

impl Drop for ImagePool {
    fn drop(&mut self) {
        self.ready.close();
    }
}

/// State of the drawing thread.
struct Worker {
    renderer: Renderer,
    alphabet: Alphabet,
    fixed: Option<String>,
    rng: StdRng,
}

impl Worker {
    fn draw(&mut self, profile: Profile, level: Level) -> Option<CaptchaImage> {
        let spec = ImageSpec { alphabet: self.alphabet, profile, level };
        match &self.fixed {
            Some(answer) => self.renderer.draw_answer(answer, spec, &mut self.rng),
            None => self.renderer.draw(spec, &mut self.rng),
        }
    }
}

fn fill(ready: &ReadyImages, worker: &mut Worker) {
    while let Some(Order { level, profiles, edition }) = ready.next_order() {
        let Some(profile) = profiles.get(worker.rng.random_range(0..profiles.len())) else { return };
        match catch_unwind(AssertUnwindSafe(|| worker.draw(*profile, level))) {
            Ok(Some(image)) => ready.put(level, edition, image),
            Ok(None) => thread::sleep(PAUSE),
            Err(_) => {
                panicked("captcha");
                thread::sleep(PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn start(fixed: Option<&str>) -> Result<ImagePool, StartError> {
        ImagePool::start(Alphabet::Mixed, Profile::ALL, fixed.map(str::to_owned))
    }

    /// Takes one more image, regardless of how slow the machine is.
    async fn wait_for(pool: &ImagePool, level: Level) -> CaptchaImage {
        loop {
            if let Ok(image) = pool.take(level).await {
                return image;
            }
        }
    }

    #[tokio::test]
    async fn each_image_is_used_once_and_profiles_are_mixed() {
        let pool = start(None).unwrap();
        let (mut seen, mut profiles) = (HashSet::new(), HashSet::new());
        for _ in 0..150 {
            let image = wait_for(&pool, Level::Normal).await;
            profiles.insert(image.profile);
            assert!(seen.insert(image.png));
        }
        assert_eq!(profiles.len(), Profile::ALL.len());
        assert_eq!(wait_for(&pool, Level::Hard).await.answer.len(), 6);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn concurrent_readers_get_an_image_each() {
        let pool = Arc::new(start(None).unwrap());
        let takers: Vec<_> = (0..200)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { wait_for(&pool, Level::Normal).await.png })
            })
            .collect();
        let mut seen = HashSet::new();
        for taker in takers {
            assert!(seen.insert(taker.await.unwrap()));
        }
    }

    #[tokio::test]
    async fn new_profiles_apply_from_the_next_image_on() {
        let pool = start(None).unwrap();
        wait_for(&pool, Level::Normal).await;
        for profile in Profile::ALL {
            pool.set_profiles(&[*profile]);
            for level in [Level::Normal, Level::Hard] {
                for _ in 0..20 {
                    assert_eq!(wait_for(&pool, level).await.profile, *profile);
                }
            }
        }
        pool.set_profiles(&[]);
        wait_for(&pool, Level::Normal).await;
    }

    #[tokio::test]
    async fn a_pool_of_digits_gives_digits() {
        let pool = ImagePool::start(Alphabet::Digits, &[Profile::Stroke], None).unwrap();
        for (level, length) in [(Level::Normal, 6), (Level::Hard, 7)] {
            let image = wait_for(&pool, level).await;
            assert!(image.answer.len() == length && image.answer.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[tokio::test]
    async fn a_fixed_answer_is_in_every_image() {
        let pool = start(Some("km7rt")).unwrap();
        for level in [Level::Normal, Level::Hard, Level::Normal] {
            assert_eq!(wait_for(&pool, level).await.answer, "KM7RT");
        }
    }

    #[test]
    fn an_answer_that_cannot_be_drawn_is_an_error() {
        for answer in ["", "HELLO", "KM7R2", "CCCCCCCCC"] {
            assert!(start(Some(answer)).is_err(), "{answer}");
        }
        assert!(ImagePool::start(Alphabet::Mixed, &[], None).is_err());
    }

    #[tokio::test]
    async fn an_empty_pool_returns_a_retry_delay() {
        let pool = ImagePool { ready: Arc::new(ReadyImages::new(Profile::ALL)) };
        assert!(matches!(
            pool.take(Level::Normal).await,
            Err(Error::Overloaded { what: "captcha pool", retry_after: RETRY_AFTER })
        ));
    }

    #[test]
    fn the_thread_ends_with_the_pool() {
        let pool = start(None).unwrap();
        let ready = Arc::downgrade(&pool.ready);
        drop(pool);
        while ready.strong_count() > 0 {
            thread::yield_now();
        }
    }
}

//! The images that are ready: one renderer adds them, many readers take them.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::gauge;
use tokio::sync::Notify;

use crate::domain::{challenge::CaptchaImage, challenge_level::Level, image_profile::Profile};

/// Images kept ready per level: about 400 KB. Half of them are the burst that is served before the renderer takes a core from it.
const READY: usize = 128;

/// With fewer left, the renderer draws whatever else there is to do.
const FEW: usize = READY / 2;

/// With more left, he waits for so long a time in which nobody took one.
const QUIET: Duration = Duration::from_millis(5);

/// Levels that have images of their own, in the order of their boards.
const LEVELS: [Level; 2] = [Level::Normal, Level::Hard];

/// What to draw next.
pub(super) struct Order {
    pub(super) level: Level,
    pub(super) profiles: Vec<Profile>,
    pub(super) edition: u64,
}

/// Images in the order in which they were drawn.
pub(super) struct ReadyImages {
    stock: Mutex<Stock>,
    /// Something was taken, or is to be drawn anew.
    room: Condvar,
    /// An image came, one of each level's own.
    came: [Notify; LEVELS.len()],
}

struct Stock {
    ready: [VecDeque<CaptchaImage>; LEVELS.len()],
    profiles: Vec<Profile>,
    /// Counts the changes of profiles: what was ordered before one is not put.
    edition: u64,
    taken: Instant,
    closed: bool,
}

impl Stock {
    fn fewest(&self) -> usize {
        self.ready.iter().map(VecDeque::len).min().unwrap_or_default()
    }
}

impl ReadyImages {
    pub(super) fn new(profiles: &[Profile]) -> Self {
        let stock = Stock {
            ready: Default::default(),
            profiles: profiles.to_vec(),
            edition: 0,
            taken: Instant::now(),
            closed: false,
        };
        Self { stock: Mutex::new(stock), room: Condvar::new(), came: Default::default() }
    }

    /// The oldest image, if there is one.
    pub(super) fn take(&self, level: Level) -> Option<CaptchaImage> {
        let mut stock = self.lock();
        let image = stock.ready[board(level)].pop_front()?;
        stock.taken = Instant::now();
        let left = stock.ready[board(level)].len();
        tell(level, left);
        // Where the renderer sleeps until there is something to do, or might rest longer.
        if left + 1 == READY || left + 1 == FEW {
            self.room.notify_one();
        }
        Some(image)
    }

    /// The oldest image, as soon as there is one.
    pub(super) async fn wait(&self, level: Level) -> CaptchaImage {
        loop {
            // Every image wakes one reader. A wake-up before the reader sleeps is kept for them.
            if let Some(image) = self.take(level) {
                return image;
            }
            self.came[board(level)].notified().await;
        }
    }

    /// Waits for what to draw next and returns it. `None` once the store of images is closed.
    pub(super) fn next_order(&self) -> Option<Order> {
        let full = |stock: &mut Stock| !stock.closed && stock.fewest() >= READY;
        let mut stock = self.room.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        while !stock.closed && stock.fewest() >= FEW {
            let Some(rest) = QUIET.checked_sub(stock.taken.elapsed()) else { break };
            stock = self.room.wait_timeout(stock, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        if stock.closed {
            return None;
        }
        let level = LEVELS.into_iter().min_by_key(|level| stock.ready[board(*level)].len())?;
        Some(Order { level, profiles: stock.profiles.clone(), edition: stock.edition })
    }

    /// Puts an image that was ordered, unless the profiles have changed since.
    pub(super) fn put(&self, level: Level, edition: u64, image: CaptchaImage) {
        let mut stock = self.lock();
        if stock.edition == edition {
            stock.ready[board(level)].push_back(image);
            tell(level, stock.ready[board(level)].len());
            self.came[board(level)].notify_one();
        }
    }

    /// Drops what is ready, so that images of these profiles take its place.
    pub(super) fn set_profiles(&self, profiles: &[Profile]) {
        let mut stock = self.lock();
        stock.profiles = profiles.to_vec();
        stock.edition += 1;
        for level in LEVELS {
            stock.ready[board(level)].clear();
            tell(level, 0);
        }
        self.room.notify_one();
    }

    /// Ends the renderer's work.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.room.notify_one();
    }

    /// A panic under the lock leaves nothing half done, so the stock stays good.
    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a level's images lie.
const fn board(level: Level) -> usize {
    match level {
        Level::Light | Level::Normal => 0,
        Level::Hard => 1,
    }
}

fn tell(level: Level, ready: usize) {
    let level = LEVELS[board(level)].as_str();
    gauge!("duyet_captcha_images_ready", "level" => level).set(f64::from(u32::try_from(ready).unwrap_or(u32::MAX)));
}

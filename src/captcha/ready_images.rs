//! The stock of ready images: one renderer adds images, and many readers take them.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::gauge;
use tokio::sync::Notify;

use crate::domain::{challenge::CaptchaImage, challenge_level::Level, image_profile::Profile};

/// Images kept ready per level, about 400 KB. During a burst, the renderer uses no CPU time until half of them were
/// taken.
const READY: usize = 128;

/// With fewer images left, the renderer draws regardless of other load.
const FEW: usize = READY / 2;

/// With at least [`FEW`] images left, the renderer waits until none was taken for this long.
const QUIET: Duration = Duration::from_millis(5);

/// Levels for which images are kept ready, in the order of the stocks.
const LEVELS: [Level; 2] = [Level::Normal, Level::Hard];

/// The next image to draw.
pub(super) struct Order {
    pub(super) level: Level,
    pub(super) profiles: Vec<Profile>,
    pub(super) edition: u64,
}

/// The stock of images in the order in which they were drawn.
pub(super) struct ReadyImages {
    stock: Mutex<Stock>,
    /// Notified when an image was taken or images have to be drawn again.
    work: Condvar,
    /// Notified when an image was added, one for each level.
    came: [Notify; LEVELS.len()],
}

struct Stock {
    ready: [VecDeque<CaptchaImage>; LEVELS.len()],
    profiles: Vec<Profile>,
    /// Number of changes of the profiles. An image that was ordered before a change is not added.
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
        Self { stock: Mutex::new(stock), work: Condvar::new(), came: Default::default() }
    }

    /// Takes the oldest image, if there is one.
    pub(super) fn take(&self, level: Level) -> Option<CaptchaImage> {
        let mut stock = self.lock();
        let image = stock.ready[stock_of(level)].pop_front()?;
        stock.taken = Instant::now();
        let left = stock.ready[stock_of(level)].len();
        set_gauge(level, left);
        // The renderer needs to be woken only when the stock is no longer full, and when it falls below [`FEW`]: from
        // then on the renderer no longer waits for a quiet moment.
        if left + 1 == READY || left + 1 == FEW {
            self.work.notify_one();
        }
        Some(image)
    }

    /// Takes the oldest image as soon as there is one.
    pub(super) async fn wait(&self, level: Level) -> CaptchaImage {
        loop {
            // Every added image wakes one reader. A notification from before the reader waits is kept.
            if let Some(image) = self.take(level) {
                return image;
            }
            self.came[stock_of(level)].notified().await;
        }
    }

    /// Waits until an image has to be drawn. Returns `None` once the stock is closed.
    pub(super) fn next_order(&self) -> Option<Order> {
        let full = |stock: &mut Stock| !stock.closed && stock.fewest() >= READY;
        let mut stock = self.work.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        while !stock.closed && stock.fewest() >= FEW {
            let Some(rest) = QUIET.checked_sub(stock.taken.elapsed()) else { break };
            stock = self.work.wait_timeout(stock, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        if stock.closed {
            return None;
        }
        let level = LEVELS.into_iter().min_by_key(|level| stock.ready[stock_of(*level)].len())?;
        Some(Order { level, profiles: stock.profiles.clone(), edition: stock.edition })
    }

    /// Adds an image, unless the profiles have changed since it was ordered.
    pub(super) fn put(&self, level: Level, edition: u64, image: CaptchaImage) {
        let mut stock = self.lock();
        if stock.edition == edition {
            stock.ready[stock_of(level)].push_back(image);
            set_gauge(level, stock.ready[stock_of(level)].len());
            self.came[stock_of(level)].notify_one();
        }
    }

    /// Changes the profiles and drops all ready images.
    pub(super) fn set_profiles(&self, profiles: &[Profile]) {
        let mut stock = self.lock();
        stock.profiles = profiles.to_vec();
        stock.edition += 1;
        for level in LEVELS {
            stock.ready[stock_of(level)].clear();
            set_gauge(level, 0);
        }
        self.work.notify_one();
    }

    /// Closes the stock, which ends the renderer.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_one();
    }

    /// Locks the stock. It stays consistent even if a thread panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn stock_of(level: Level) -> usize {
    match level {
        Level::Light | Level::Normal => 0,
        Level::Hard => 1,
    }
}

fn set_gauge(level: Level, ready: usize) {
    let level = LEVELS[stock_of(level)].as_str();
    gauge!("duyet_captcha_images_ready", "level" => level).set(f64::from(u32::try_from(ready).unwrap_or(u32::MAX)));
}

//! The report of a scenario: an id, a printed seed, counts and measurements, and the goals it met or missed.
//!
//! Promises are assertions. Goals about time are always reported, but fail a test only in a whole run (`tests/run
//! --faults`): on a machine that is busy with other tests, a slow call is not a fault.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    path::PathBuf,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use rand::{SeedableRng as _, rngs::StdRng};
use serde::Serialize;
use tokio::sync::Mutex;

/// Scenarios load the machine, so they run one at a time.
static STAGE: Mutex<()> = Mutex::const_new(());

/// Returns true if `tests/run --faults` runs the test, where scenarios take as long as their goals require.
pub(crate) fn is_whole() -> bool {
    std::env::var("DUYET_FAULTS").is_ok_and(|wanted| wanted == "whole")
}

pub(crate) fn whole_or<T>(whole: T, short: T) -> T {
    if is_whole() { whole } else { short }
}

/// The result of one scenario; a line of `faults.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    id: &'static str,
    fault: &'static str,
    pub(crate) seed: u64,
    whole: bool,
    counts: BTreeMap<&'static str, u64>,
    /// Measurements: times in milliseconds, shares, ratios.
    figures: BTreeMap<&'static str, f64>,
    /// Missed goals.
    missed: Vec<String>,
    pass: bool,
    seconds: f64,
    load_average: f64,
}

impl Report {
    pub(crate) fn count(&mut self, name: &'static str, count: usize) {
        self.counts.insert(name, count as u64);
    }

    pub(crate) fn ms(&mut self, name: &'static str, duration: Duration) {
        self.figure(name, (duration.as_secs_f64() * 10_000.0).round() / 10.0);
    }

    pub(crate) fn figure(&mut self, name: &'static str, value: f64) {
        self.figures.insert(name, value);
    }

    /// Records a goal about time or share.
    pub(crate) fn goal(&mut self, goal: &str, met: bool) {
        if !met {
            self.missed.push(goal.to_owned());
        }
    }

    pub(crate) fn chance(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    fn publish(&self) {
        let line = serde_json::to_string(self).unwrap();
        println!("{line}");
        if let Ok(dir) = std::env::var("DUYET_FAULTS_DIR") {
            std::fs::write(PathBuf::from(dir).join(format!("{}.json", self.id)), line).unwrap();
        }
    }
}

/// Runs one scenario and prints its report, even if it fails.
pub(crate) async fn scenario(id: &'static str, fault: &'static str, body: impl AsyncFnOnce(&mut Report)) {
    let _stage = STAGE.lock().await;
    let seed = std::env::var("DUYET_TEST_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("{id}: {fault} (DUYET_TEST_SEED={seed})");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut report = Report {
        id,
        fault,
        seed,
        whole: is_whole(),
        counts: BTreeMap::new(),
        figures: BTreeMap::new(),
        missed: Vec::new(),
        pass: false,
        seconds: 0.0,
        load_average: load.split(' ').next().and_then(|one| one.parse().ok()).unwrap_or(f64::NAN),
    };
    let began = Instant::now();
    let ended = AssertUnwindSafe(body(&mut report)).catch_unwind().await;
    report.seconds = began.elapsed().as_secs_f64().round();
    report.pass = ended.is_ok() && report.missed.is_empty();
    report.publish();
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
    assert!(report.missed.is_empty() || !is_whole(), "{id} missed: {:?}", report.missed);
}

/// Reports a scenario that cannot run on this machine, with the reason. It does not count as passed.
pub(crate) fn skip(report: &mut Report, reason: &str) {
    report.missed.push(format!("not run: {reason}"));
    println!("{}: not run: {reason}", report.id);
}

/// Returns a percentile by the nearest-rank method.
pub(crate) fn percentile(times: &[Duration], hundredths: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * hundredths).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

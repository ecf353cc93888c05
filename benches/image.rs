//! Cost of an image: `cargo bench --bench image`. Prints the CPU time of one thread for drawing and PNG encoding
//! together, as medians of alternating rounds, so that other load on the machine affects all variants equally. The
//! reference is the captcha crate's own easy preset, drawn in the same run. Then the cost of issuing a challenge at a
//! steady rate: taking an image from the pool and sealing its token.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark stops at an error, and prints its results")]

use std::{
    fs,
    hint::black_box,
    time::{Duration, Instant},
};

use captcha::{Captcha, Difficulty, by_name};
use chrono::{DateTime, Utc};
use duyetd::{
    captcha::{ImagePool, ImageSpec, Renderer},
    domain::{
        captcha_answer::Alphabet,
        challenge::{ChallengeKind, SealedChallenge},
        challenge_level::Level,
        image_profile::Profile,
    },
    keyring::{Keyring, Purpose},
};
use rand::{SeedableRng as _, rngs::StdRng};

const ROUNDS: usize = 9;
const IMAGES: u32 = 200;
/// Images requested per second, and the number of seconds.
const PACE: u32 = 200;
const SECONDS: u32 = 10;

/// Returns the CPU time of this thread in nanoseconds, from Linux.
fn cpu() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

/// Returns the CPU time of one of `runs` runs in microseconds.
fn cost(runs: u32, mut run: impl FnMut()) -> f64 {
    let before = cpu();
    (0..runs).for_each(|_| run());
    let spent = u32::try_from((cpu() - before) / 1_000).unwrap();
    f64::from(spent) / f64::from(runs)
}

fn median(mut costs: Vec<f64>) -> f64 {
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

fn motifs() -> Vec<ImageSpec> {
    let mut motifs = Vec::new();
    for alphabet in Alphabet::ALL {
        for profile in Profile::ALL {
            for level in [Level::Normal, Level::Hard] {
                motifs.push(ImageSpec { alphabet: *alphabet, profile: *profile, level });
            }
        }
    }
    motifs
}

fn drawing() {
    let artist = Renderer::new().unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let motifs = motifs();
    let (mut costs, mut preset) = (vec![Vec::new(); motifs.len()], Vec::new());
    let (mut bytes, mut largest) = (vec![0; motifs.len()], vec![0; motifs.len()]);
    for _ in 0..ROUNDS {
        preset.push(cost(IMAGES / 10, || {
            let image: Captcha = by_name(Difficulty::Easy, captcha::CaptchaName::Lucy);
            black_box(image.as_png());
        }));
        for (n, motif) in motifs.iter().enumerate() {
            costs[n].push(cost(IMAGES, || {
                let png = artist.draw(*motif, &mut rng).unwrap().png;
                bytes[n] += png.len();
                largest[n] = largest[n].max(png.len());
            }));
        }
    }
    let preset = median(preset);
    println!("the crate's easy preset (Lucy): {preset:.0} µs CPU");
    println!("alphabet  profile  level    µs CPU  of the preset  bytes  largest");
    for (n, motif) in motifs.iter().enumerate() {
        let (cost, drawn) = (median(costs[n].clone()), ROUNDS * usize::try_from(IMAGES).unwrap());
        let (alphabet, profile, level) = (motif.alphabet, motif.profile, motif.level);
        let (ratio, bytes, largest) = (cost / preset, bytes[n] / drawn, largest[n]);
        println!("{alphabet:<9} {profile:<8} {level:<8} {cost:>6.0}  {ratio:>13.3}  {bytes:>5}  {largest:>7}");
    }
}

fn seal(keyring: &Keyring, answer: String) -> String {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let sealed = SealedChallenge {
        kind: ChallengeKind::Image,
        passed: false,
        level: Level::Normal,
        nonce: [7; 16],
        issued_at: now,
        expires_at: now,
        device: Some([7; 16]),
        answer,
    };
    keyring.seal(Purpose::Challenge, &["bao-moi", "article"], &sealed).unwrap()
}

async fn issuing() {
    let pool = ImagePool::start(Alphabet::Mixed, Profile::ALL, None).unwrap();
    let keyring = Keyring::parse(&Keyring::generate()).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut pace = tokio::time::interval(Duration::from_secs(1) / PACE);
    let (mut took, mut failed) = (Vec::new(), 0);
    for _ in 0..PACE * SECONDS {
        pace.tick().await;
        let began = Instant::now();
        match pool.take(Level::Normal).await {
            Ok(image) => drop(black_box(seal(&keyring, image.answer))),
            Err(_) => failed += 1,
        }
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    println!(
        "issuing {PACE}/s for {SECONDS} s: p50 {:.3} ms, p99 {:.3} ms, slowest {:.3} ms, {failed} failed",
        at(50),
        at(99),
        at(100)
    );
}

fn main() {
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    println!("load average {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    drawing();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(issuing());
}

//! Checks that the time of comparing an answer does not depend on where it differs: Welch's t-test over two classes
//! of wrong answers, as dudect does it. |t| below 5 shows no leak. An ordinary comparison in the same run shows that
//! the test would find one.
//!
//! `cargo bench --bench constant_time`

#![expect(clippy::print_stdout, reason = "a benchmark prints its results, and ends on errors")]

use std::{hint::black_box, time::Instant};

use duyetd::keyring::same_text;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Number of samples, and comparisons per sample: a single one is shorter than the clock's resolution.
const SAMPLES: usize = 100_000;
const COMPARES: usize = 32;

/// Longer than any answer, so that a leak would show.
const LENGTH: usize = 64;

fn main() {
    let right = "K".repeat(LENGTH);
    let first = format!("X{}", &right[1..]);
    let last = format!("{}X", &right[1..]);
    let leaky = |one: &str, other: &str| one.bytes().zip(other.bytes()).all(|(one, other)| black_box(one) == other);
    for (name, compare) in [("same_text", &same_text as &dyn Fn(&str, &str) -> bool), ("a plain compare", &leaky)] {
        println!("{name}: t = {:.1} over {SAMPLES} samples", t_of(compare, &right, [&first, &last]));
    }
}

/// Returns t for answers that differ at the first letter and answers that differ at the last, compared in random
/// order.
fn t_of(compare: &dyn Fn(&str, &str) -> bool, right: &str, classes: [&str; 2]) -> f64 {
    let mut rng = StdRng::seed_from_u64(1);
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..SAMPLES {
        let class = usize::from(rng.random::<bool>());
        let start = Instant::now();
        for _ in 0..COMPARES {
            black_box(compare(black_box(right), black_box(classes[class])));
        }
        times[class].push(start.elapsed().as_secs_f64());
    }
    let [one, other] = times.map(|mut class| {
        // The slowest tenth is left out, because interrupts are unrelated to the comparison.
        class.sort_by(f64::total_cmp);
        class.truncate(class.len() / 10 * 9);
        mean_and_error(&class)
    });
    (one.0 - other.0) / (one.1 + other.1).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer samples than 2^52")]
fn mean_and_error(times: &[f64]) -> (f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance / count)
}

//! Whether comparing an answer takes a time that tells where it differs: Welch's t over two classes of wrong answers, as dudect does it.
//! |t| under 5 shows no leak. A plain compare in the same run shows that the measure would find one.
//!
//! `cargo bench --bench constant_time`

#![expect(clippy::print_stdout, reason = "a bench says what it measured, and ends when it cannot")]

use std::{hint::black_box, time::Instant};

use duyetd::keyring::same_text;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Samples, and compares per sample: one alone is shorter than the clock's grain.
const SAMPLES: usize = 100_000;
const COMPARES: usize = 32;

/// As long as no answer is, so that a leak would show.
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

/// Compares answers that differ at their first letter with such that differ at their last, in random order.
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
        // Interrupts are no property of the compare: the slowest tenth is left out.
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

//! Cost of ten thousand terms: compiling them, and searching for them in ten kilobytes of text and in a common
//! comment. Prints medians over rounds on one thread. `cargo bench --bench assess` measures the rest of an
//! assessment.
//!
//! `cargo bench --bench terms`

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use chrono::DateTime;
use duyetd::domain::{
    comment::FormText,
    spam::{MAX_TERMS, Reading, Term, TermSet, TermState, TermTier},
};
use uuid::Uuid;

const ROUNDS: usize = 200;
const COMPILED: usize = 10;
const HEADS: [&str; 8] = ["lừa", "đảo", "cờ", "bạc", "vay", "nóng", "chạy", "án"];
const FIRST: [&str; 16] = ["b", "c", "d", "đ", "g", "h", "l", "m", "n", "kh", "nh", "ph", "th", "tr", "s", "v"];
const LAST: [&str; 16] =
    ["ạc", "ạn", "ảo", "ậy", "ình", "ong", "ừa", "ửi", "uyết", "ơn", "iên", "ải", "ông", "ọc", "ương", "ắt"];

/// Returns a syllable, which differs for each number.
fn syllable(number: usize) -> String {
    format!("{}{}", FIRST[number % 16], LAST[number / 16 % 16])
}

/// Returns a phrase of one to three syllables, which differs for each number.
fn pattern(number: usize) -> String {
    let head = HEADS[number % 8];
    match number % 3 {
        0 => format!("{head}{}", number / 3),
        1 => format!("{} {head} {}", syllable(number), syllable(number / 7)),
        _ => format!("{head} {} {}", syllable(number / 5), number / 5),
    }
}

fn terms() -> Vec<Term> {
    let term = |number: usize| Term {
        id: Uuid::from_u128(number as u128),
        pattern: pattern(number),
        tier: TermTier::ALL[number % 3],
        state: TermState::Enforce,
        weight: 1.0,
        note: String::new(),
        revision: 1,
        updated_by: "bench".into(),
        updated_at: DateTime::UNIX_EPOCH,
    };
    (0..MAX_TERMS).map(term).collect()
}

/// Returns a text of about `bytes` bytes that occasionally contains a term.
fn text(bytes: usize) -> FormText {
    let mut content = String::new();
    let mut number = 1;
    while content.len() < bytes {
        number += 17;
        content.push_str(&if number % 20 == 0 { pattern(number) } else { syllable(number) });
        content.push(' ');
    }
    FormText { author_name: "Nguyễn Thị Lan".into(), title: String::new(), content }
}

fn main() -> Result<(), duyetd::domain::Error> {
    let terms = terms();
    let compiled = measure(COMPILED, || TermSet::compile(&terms));
    println!("compiling {MAX_TERMS} terms: median {compiled:.1?}");
    let set = TermSet::compile(&terms)?;
    for (what, bytes) in [("10 kB", 10 * 1024), ("a comment of 200 bytes", 200)] {
        let form = text(bytes);
        let reading = Reading::of(&form);
        let matched = set.find(&reading).findings.len();
        let found = measure(ROUNDS, || set.find(&reading));
        let whole = measure(ROUNDS, || set.find(&Reading::of(&form)));
        println!(
            "matching {what}: median {found:.1?}, {whole:.1?} including parsing of the text; {matched} terms matched"
        );
    }
    Ok(())
}

fn measure<T>(rounds: usize, run: impl Fn() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

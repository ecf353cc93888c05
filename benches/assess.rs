//! Cost of assessing a comment: short and long comments, by rules alone and with a trained model. Prints the median
//! and the 99th of 100 over alternating rounds on one thread.
//!
//! `cargo bench --bench assess`

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use duyetd::domain::{
    comment::FormText,
    spam::{FormSignals, Knowledge, Model, Reading, assess, model::Evidence},
};

const ROUNDS: usize = 1_000;
const DECISIONS: usize = 2_000;
const WORDS: [&str; 32] = [
    "cầu",
    "đường",
    "bà",
    "con",
    "mừng",
    "lắm",
    "giá",
    "xăng",
    "tăng",
    "học",
    "sinh",
    "nghỉ",
    "các",
    "buổi",
    "lớn",
    "đi",
    "casino",
    "thưởng",
    "nhận",
    "vay",
    "nhanh",
    "zalo",
    "0912345678",
    "bet88.com",
    "5tr",
    "hay",
    "quá",
    "tác",
    "giả",
    "viết",
    "c4s1n0",
    "!!!",
];

/// Returns a text of about `characters` characters, which differs for each `seed`.
fn text(seed: usize, characters: usize) -> FormText {
    let mut state = seed as u64 + 1;
    let mut content = String::new();
    while content.chars().count() < characters {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        content.push_str(WORDS[(state >> 59) as usize]);
        content.push(' ');
    }
    FormText { author_name: "Nguyễn Thị Lan".into(), title: String::new(), content }
}

fn main() {
    let mut model = Model::default();
    let start = Instant::now();
    for seed in 0..DECISIONS {
        model.learn(&Evidence::of(&Reading::of(&text(seed, 120))), seed % 3 == 0);
    }
    println!("learning a decision      {:>9.1?}", start.elapsed() / 2_000);
    model.calibrate();
    for (what, characters) in [("100 characters", 100), ("2,000 characters", 2_000)] {
        let (mut by_rules, mut learned) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let form = text(DECISIONS + round, characters);
            for (knowledge, times) in
                [(Knowledge::default(), &mut by_rules), (Knowledge { model: Some(&model), terms: None }, &mut learned)]
            {
                let start = Instant::now();
                black_box(assess(&form, &FormSignals::default(), &knowledge));
                times.push(start.elapsed());
            }
        }
        for (with, times) in [("rules alone", &mut by_rules), ("with a model", &mut learned)] {
            let [median, worst] = quantiles(times);
            println!("{what:<17} {with:<13} median {median:>9.1?}   99 of 100 under {worst:>9.1?}");
        }
    }
}

fn quantiles(times: &mut [Duration]) -> [Duration; 2] {
    times.sort();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

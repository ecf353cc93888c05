//! The results: a table, ratios with their goals, bench.json and bench.svg.

use std::collections::BTreeMap;

use anyhow::Context as _;
use plotters::prelude::*;
use serde_json::{Value, json};

use crate::load::Figures;

/// Number of cores that other programs may use during a measurement. A line above it is marked LOUD.
const LOUD: f64 = 0.1;

/// The goal of a ratio.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// No goal: shown for comparison only.
    Unset,
}

impl Goal {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(least) => ratio >= least,
            Self::AtMost(most) => ratio <= most,
            Self::Unset => true,
        }
    }

    /// Returns the last column of the table.
    fn mark(self, ratio: f64) -> &'static str {
        match self {
            Self::Unset => "",
            _ if self.is_met(ratio) => "met",
            _ => "MISSED",
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::Unset => write!(f, "none"),
        }
    }
}

/// The figures of lines and ratios, by round.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<(String, Vec<Figures>)>,
    ratios: Vec<(String, Goal, Vec<f64>)>,
    facts: BTreeMap<String, Value>,
}

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

impl Report {
    pub(crate) fn line(&mut self, name: &str, figures: &Figures) {
        println!(
            "  {name:<40} {:>9.0}/s  p50 {:>7.2}  p99 {:>7.2}  p99.9 {:>7.2} ms  {:>7.1} us cpu  {:>6.0} MiB{}{}",
            figures.rate,
            figures.p50,
            figures.p99,
            figures.p999,
            figures.cpu,
            figures.memory,
            if figures.others > LOUD {
                format!("  LOUD: others took {:.2} cores", figures.others)
            } else {
                String::new()
            },
            if figures.failed > 0 { format!("  {} FAILED", figures.failed) } else { String::new() }
        );
        match self.lines.iter_mut().find(|(known, _)| known == name) {
            Some((_, rounds)) => rounds.push(figures.clone()),
            None => self.lines.push((name.to_owned(), vec![figures.clone()])),
        }
    }

    pub(crate) fn ratio(&mut self, name: &str, goal: Goal, ratio: f64) {
        match self.ratios.iter_mut().find(|(known, ..)| known == name) {
            Some((_, _, rounds)) => rounds.push(ratio),
            None => self.ratios.push((name.to_owned(), goal, vec![ratio])),
        }
    }

    pub(crate) fn fact(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        println!("  {name:<40} {value}");
        self.facts.insert(name.to_owned(), value);
    }

    /// Prints medians, and writes `bench.json` and `bench.svg` to the current directory.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        println!(
            "\n| line | rate/s | p50 ms | p99 ms | p99.9 ms | CPU us | MiB | others, cores |\n|---|---|---|---|---|---|---|---|"
        );
        for (name, rounds) in &self.lines {
            let of = |pick: fn(&Figures) -> f64| median(rounds.iter().map(pick).collect());
            let [rate, cpu, memory] = [of(|one| one.rate), of(|one| one.cpu), of(|one| one.memory)];
            let [p50, p99, p999] = [of(|one| one.p50), of(|one| one.p99), of(|one| one.p999)];
            let others = others(rounds);
            let [cpu, memory] = [cpu, memory].map(known);
            println!("| {name} | {rate:.0} | {p50:.2} | {p99:.2} | {p999:.2} | {cpu} | {memory} | {others} |");
        }
        println!("\n| ratio | median | least to most | goal | |\n|---|---|---|---|---|");
        for (name, goal, rounds) in &self.ratios {
            let (least, most) = span(rounds);
            let middle = median(rounds.clone());
            let mark = goal.mark(middle);
            println!("| {name} | {middle:.2} | {least:.2} to {most:.2} | {goal} | {mark} |");
        }
        std::fs::write("bench.json", serde_json::to_string_pretty(&self.json())? + "\n")?;
        self.plot().map_err(|error| anyhow::anyhow!(error.to_string())).context("bench.svg")
    }

    fn json(&self) -> Value {
        let figures = |one: &Figures| json!({ "rate": one.rate, "p50_ms": one.p50, "p99_ms": one.p99, "p999_ms": one.p999, "cpu_us": one.cpu, "memory_mib": one.memory, "others_cores": one.others, "failed": one.failed });
        let lines = self.lines.iter().map(|(name, rounds)| {
            let rounds: Vec<_> = rounds.iter().map(figures).collect();
            json!({ "name": name, "rounds": rounds })
        });
        let ratios = self.ratios.iter().map(|(name, goal, rounds)| {
            let middle = median(rounds.clone());
            json!({ "name": name, "goal": goal.to_string(), "median": middle, "rounds": rounds, "met": goal.is_met(middle) })
        });
        json!({
            "lines": lines.collect::<Vec<_>>(), "ratios": ratios.collect::<Vec<_>>(), "facts": self.facts,
            "processors": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        })
    }

    /// Draws each ratio relative to its goal: the goal is met right of the line. "At most" goals are inverted.
    fn plot(&self) -> Result<(), Box<dyn std::error::Error>> {
        let ratios: Vec<_> = self.ratios.iter().filter(|(_, goal, _)| !matches!(goal, Goal::Unset)).collect();
        let count = ratios.len();
        if count == 0 {
            return Ok(());
        }
        let height = u32::try_from(count * 34 + 90)?;
        let root = SVGBackend::new("bench.svg", (960, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let part = |goal: Goal, ratio: f64| match goal {
            Goal::AtLeast(least) => ratio / least,
            Goal::AtMost(most) => most / ratio.max(f64::EPSILON),
            Goal::Unset => 1.0,
        };
        let mut chart = ChartBuilder::on(&root)
            .caption("median and span of each ratio, as a part of its goal", ("sans-serif", 18))
            .margin(10)
            .x_label_area_size(30)
            .y_label_area_size(330)
            .build_cartesian_2d((0.1_f64..10.0).log_scale(), 0..count)?;
        let name = |at: &usize| ratios.get(*at).map_or_else(String::new, |(name, goal, _)| format!("{name} {goal}"));
        chart.configure_mesh().disable_y_mesh().y_labels(count).y_label_formatter(&name).draw()?;
        chart.draw_series(LineSeries::new([(1.0, 0), (1.0, count)], BLACK.stroke_width(2)))?;
        for (at, (_, goal, rounds)) in ratios.iter().enumerate() {
            let (least, most) = span(rounds);
            let middle = part(*goal, median(rounds.clone()));
            let colour = if middle >= 1.0 { GREEN } else { RED };
            chart.draw_series([PathElement::new(
                [(part(*goal, least), at), (part(*goal, most), at)],
                colour.stroke_width(3),
            )])?;
            chart.draw_series([Circle::new((middle, at), 5, colour.filled())])?;
        }
        root.present()?;
        Ok(())
    }
}

/// Formats a number, or an empty cell where it was not measured for that line alone.
fn known(number: f64) -> String {
    if number > 0.0 { format!("{number:.0}") } else { String::new() }
}

/// Formats the largest use of cores by other programs in a round, and whether a round was loud.
fn others(rounds: &[Figures]) -> String {
    let most = rounds.iter().map(|one| one.others).fold(0.0, f64::max);
    let loud = rounds.iter().filter(|one| one.others > LOUD).count();
    match loud {
        0 => format!("{most:.2}"),
        _ => format!("{most:.2}, LOUD in {loud} of {}", rounds.len()),
    }
}

fn span(numbers: &[f64]) -> (f64, f64) {
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    (least, numbers.iter().copied().fold(0.0, f64::max))
}

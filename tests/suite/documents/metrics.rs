//! The table of metrics in `docs/operate.md`, from the descriptions in the code.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use super::{
    generated,
    macros::{calls, strings},
};
use crate::support::sources::source;

const KINDS: [&str; 3] = ["counter", "gauge", "histogram"];

/// The beginning of a call that creates a metric's key without a macro.
const KEY: &str = "Key::from_parts(\"";

#[derive(Default)]
struct Metric {
    kind: &'static str,
    meaning: String,
    labels: Vec<String>,
}

impl Metric {
    fn add_labels<'a>(&mut self, labels: impl Iterator<Item = &'a str>) {
        for label in labels {
            if !self.labels.iter().any(|known| known == label) {
                self.labels.push(label.to_owned());
            }
        }
    }
}

/// Returns the name of a metric, which is a literal, a constant of the file, or a constant of another file.
fn name(argument: &str, code: &str, all: &str) -> String {
    let argument = argument.split(',').next().unwrap().trim();
    if let Some(literal) = argument.strip_prefix('"') {
        return literal.trim_end_matches('"').to_owned();
    }
    let constant = format!("const {}: &str = \"", argument.rsplit("::").next().unwrap());
    let value = code.split_once(&constant).or_else(|| all.split_once(&constant));
    value.unwrap_or_else(|| panic!("no {constant}")).1.split('"').next().unwrap().to_owned()
}

fn metrics() -> BTreeMap<String, Metric> {
    let files: Vec<_> = source("").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let all = files.concat();
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for code in &files {
        for kind in KINDS {
            for call in calls(code, &format!("describe_{kind}")) {
                let metric = metrics.entry(name(call, code, &all)).or_default();
                metric.kind = kind;
                metric.meaning = strings(call).pop().unwrap();
            }
        }
    }
    for code in &files {
        for call in KINDS.iter().flat_map(|kind| calls(code, kind)) {
            let name = name(call, code, &all);
            let metric = metrics.get_mut(&name).unwrap_or_else(|| panic!("{name} has no description"));
            let labels = call.match_indices("\" =>").map(|(at, _)| call[..at].rsplit('"').next().unwrap());
            metric.add_labels(labels);
        }
        // A key that is created once has its labels in an array of pairs before it.
        for (before, after) in code.match_indices(KEY).map(|(at, _)| (&code[..at], &code[at + KEY.len()..])) {
            let (_, pairs) = before.rsplit_once("let labels = [").unwrap();
            let pairs = pairs.split(']').next().unwrap().split("(\"").skip(1);
            let metric = metrics.get_mut(after.split('"').next().unwrap()).unwrap();
            metric.add_labels(pairs.map(|pair| pair.split('"').next().unwrap()));
        }
    }
    metrics
}

#[test]
fn the_table_of_metrics_is_what_the_code_describes() {
    let mut table = "\n| metric | kind | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, metric) in metrics() {
        let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let meaning = metric.meaning.replace('|', "\\|");
        let _ = writeln!(table, "| `{name}` | {} | {} | {meaning} |", metric.kind, labels.join(" "));
    }
    generated::compare("metrics", &format!("{table}\n"));
}

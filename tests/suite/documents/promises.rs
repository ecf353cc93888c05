//! The tests and mutants that documents name must exist.

use std::{fs, path::Path};

use crate::support::sources::root;

/// The documents, each with the columns of its tables that name tests.
const DOCUMENTS: [(&str, &[&str]); 3] = [
    ("docs/internals/promises.md", &["test", "test (`tests/run NAME`)", "mutant (`tests/mutants/run NAME`)"]),
    ("docs/privacy.md", &["test (`tests/run --test suite -- NAME`)"]),
    ("SECURITY.md", &["test (`tests/run NAME`)"]),
];

/// Adds the path of every function below `dir`, as `cargo test` would name it.
fn add_functions(dir: &Path, module: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = if stem == "mod" || stem == "main" { module.to_owned() } else { format!("{module}{stem}::") };
        if path.is_dir() {
            add_functions(&path, &module, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let code = fs::read_to_string(&path).unwrap();
            let functions = code.split("fn ").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap());
            names.extend(functions.map(|name| format!("{module}{name}")));
        }
    }
}

/// Returns the code spans in the given columns.
fn named(text: &str, columns: &[&str]) -> Vec<String> {
    let mut wanted = Vec::new();
    let mut spans = Vec::new();
    for line in text.lines() {
        let Some(row) = line.strip_prefix('|') else {
            wanted.clear();
            continue;
        };
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        if wanted.is_empty() {
            wanted = cells.iter().map(|cell| columns.contains(cell)).collect();
            continue;
        }
        let of_tests = cells.iter().zip(&wanted).filter(|(_, wanted)| **wanted);
        spans.extend(of_tests.flat_map(|(cell, _)| cell.split('`').skip(1).step_by(2)).map(str::to_owned));
    }
    spans
}

#[test]
fn every_test_and_mutant_that_a_document_names_exists() {
    let mut tests = Vec::new();
    for (dir, module) in [("tests/suite", ""), ("tests/faults", "faults::"), ("src", ""), ("cli/src", "")] {
        add_functions(&root().join(dir), module, &mut tests);
    }
    let mutants = fs::read_dir(root().join("tests/mutants")).unwrap();
    let mutants: Vec<_> = mutants.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut missing = Vec::new();
    for (document, columns) in DOCUMENTS {
        let spans = named(&fs::read_to_string(root().join(document)).unwrap(), columns);
        assert!(spans.len() > 5, "{document} names no tests");
        // A span with a space is a command.
        for span in spans.iter().filter(|span| !span.contains(' ')) {
            let found = if span.starts_with(|first: char| first.is_ascii_digit()) {
                mutants.iter().any(|mutant| mutant.starts_with(span.trim_end_matches('…')))
            } else {
                tests.iter().any(|test| test.contains(span.as_str()))
            };
            if !found {
                missing.push(format!("{document}: {span}"));
            }
        }
    }
    assert!(missing.is_empty(), "no such test or mutant:\n{}", missing.join("\n"));
}

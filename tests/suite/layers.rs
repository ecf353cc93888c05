//! The house's rule of who may import whom, read from the `use` lines, and its measures.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::imports::imports;

/// A room, the rooms it may import, and the crates it must not name.
const ROOMS: [(&str, &[&str], &[&str]); 14] = [
    ("captcha", &["domain"], &["tonic", "sqlx", "redis", "axum"]),
    ("cli", &["locale", "proto"], &["sqlx", "redis", "axum", "governor"]),
    ("config", &["domain"], &["tokio", "tonic", "sqlx", "redis", "axum"]),
    ("daemon", ALL, &[]),
    ("domain", &[], &["tokio", "tonic", "sqlx", "redis", "governor", "axum", "metrics", "tracing", "rand"]),
    ("grpc", &["domain", "locale", "ops", "proto", "service"], &["sqlx", "redis", "governor"]),
    ("keyring", &["domain"], &["tokio", "tonic", "sqlx", "redis", "axum"]),
    ("limiter", &["domain"], &["tonic", "sqlx", "axum"]),
    ("locale", &[], &["tokio", "tonic", "sqlx", "redis", "axum"]),
    ("ops", &["domain"], &["tonic", "sqlx", "redis"]),
    ("proto", &[], &[]),
    ("server", ALL, &[]),
    ("service", &["captcha", "domain", "keyring", "limiter", "ops", "store"], &["tonic", "sqlx", "redis", "axum"]),
    ("store", &["domain"], &["tonic", "redis", "axum"]),
];

/// Rooms that wire the others.
const ALL: &[&str] = &[
    "captcha", "cli", "config", "daemon", "domain", "grpc", "keyring", "limiter", "locale", "ops", "proto", "server",
    "service", "store",
];

/// Longest file in lines, without its tests.
const LONGEST_FILE: usize = 300;

/// Longest function, in lines.
const LONGEST_FUNCTION: usize = 60;

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        // A room's tests may stand outside of it.
        .filter(|path| path.file_name().is_some_and(|name| name != "tests.rs"))
        .collect()
}

fn source(room: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    if path.is_dir() { rust_files(&path) } else { vec![path.with_extension("rs")] }
}

/// The file's code up to its inline tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

/// Lines that are no comments, and every import as a full path.
fn named_paths(path: &Path) -> Vec<String> {
    let code = code(path);
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.map(str::to_owned).chain(imports(path, &code)).collect()
}

/// True when the line names the crate or room as a path.
fn names(line: &str, forbidden: &str) -> bool {
    let path = format!("{forbidden}::");
    let starts = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '"');
    line.match_indices(&path).any(|(at, _)| starts(at)) || line == forbidden || line == format!("use {forbidden};")
}

#[test]
fn no_room_imports_what_it_must_not() {
    for (room, allowed, crates) in ROOMS {
        let strangers = ALL.iter().filter(|other| **other != room && !allowed.contains(other));
        let forbidden: Vec<String> = strangers
            .map(|other| format!("crate::{other}"))
            .chain(crates.iter().map(|one| (*one).to_owned()))
            .collect();
        for file in source(room) {
            for line in named_paths(&file) {
                let broken = forbidden.iter().find(|path| names(&line, path));
                assert_eq!(broken, None, "{}: {room} must not say: {line}", file.display());
            }
        }
    }
}

#[test]
fn every_room_is_in_the_table() {
    let src = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let mut rooms: Vec<String> = src
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|room| room != "bin" && room != "lib")
        .collect();
    rooms.sort();
    assert_eq!(rooms, ROOMS.map(|(room, ..)| room));
    assert_eq!(rooms, ALL);
}

#[test]
fn sql_lives_in_the_store_only() {
    for file in source("") {
        let text = code(&file);
        let outside = !file.components().any(|part| part.as_os_str() == "store");
        assert!(!(outside && text.contains("sqlx::query")), "{}", file.display());
        assert!(!text.contains("AssertSqlSafe"), "{}: SQL is static", file.display());
    }
}

/// Lengths of a file's functions, from the line of `fn` to the brace at its column.
fn function_lengths(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let column = |line: &str| line.len() - line.trim_start().len();
    let starts = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim_start().split(" fn ").count() > 1 || line.trim_start().starts_with("fn "));
    starts
        .filter_map(|(start, line)| {
            let end = lines[start..].iter().position(|other| column(other) == column(line) && other.trim() == "}")?;
            Some(end + 1)
        })
        .collect()
}

fn median_and_longest(mut lengths: Vec<usize>) -> (usize, usize) {
    lengths.sort_unstable();
    (lengths[lengths.len() / 2], lengths[lengths.len() - 1])
}

#[test]
fn files_and_functions_stay_short() {
    let files: Vec<String> = source("").iter().map(|file| code(file)).collect();
    for (file, text) in source("").iter().zip(&files) {
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", file.display());
    }
    let (median, longest) = median_and_longest(files.iter().map(|text| text.lines().count()).collect());
    println!("{} files: median {median} lines, longest {longest}", files.len());
    let functions: Vec<usize> = files.iter().flat_map(|text| function_lengths(text)).collect();
    let count = functions.len();
    let (median, longest) = median_and_longest(functions);
    println!("{count} functions: median {median} lines, longest {longest}");
    assert!(longest <= LONGEST_FUNCTION, "a function has {longest} lines");
}

#[test]
fn every_longer_file_says_what_it_is_for() {
    for file in source("") {
        let text = fs::read_to_string(&file).unwrap();
        let opens = text.starts_with("//!");
        assert!(opens || text.lines().count() <= 60, "{} lacks a //! line", file.display());
    }
}

//! Returns the imports of a source file as full paths: groups are expanded, `super` is resolved, `as` is dropped.

use std::path::Path;

/// Lists the paths of all `use` items of `code`, the text of `file` under a `src` directory.
pub fn imports(file: &Path, code: &str) -> Vec<String> {
    let code: Vec<&str> = code.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
    let mut paths = Vec::new();
    for statement in code.join(" ").split(';') {
        // The word "use" in a sentence gives a path that no rule forbids.
        for (at, word) in statement.match_indices("use ") {
            if statement[..at].chars().next_back().is_none_or(char::is_whitespace) {
                unfold("", statement[at + word.len()..].trim(), &mut paths);
            }
        }
    }
    paths.into_iter().map(|path| resolve(file, &path)).collect()
}

/// Adds every path of a use tree after `prefix`.
fn unfold(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((start, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap().trim();
        paths.push(format!("{prefix}{path}"));
        return;
    };
    let prefix = format!("{prefix}{}", start.trim());
    let (mut depth, mut item) = (0, String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth < 0 || (depth == 0 && c == ',') {
            if !item.trim().is_empty() {
                unfold(&prefix, item.trim(), paths);
            }
            item.clear();
        } else {
            item.push(c);
        }
        if depth < 0 {
            break;
        }
    }
}

/// Returns the path of the file's module from the crate's root.
pub fn module(file: &Path) -> Vec<&str> {
    let parts: Vec<_> = file.components().map(|part| part.as_os_str().to_str().unwrap()).collect();
    let root = parts.iter().rposition(|part| *part == "src").unwrap();
    let mut module: Vec<&str> = parts[root + 1..].iter().map(|part| part.trim_end_matches(".rs")).collect();
    if ["mod", "lib", "main"].contains(module.last().unwrap()) {
        module.pop();
    }
    module
}

/// Turns a leading `self` or `super` into the path from the crate's root.
fn resolve(file: &Path, path: &str) -> String {
    let mut module = module(file);
    let mut rest: Vec<&str> = path.split("::").collect();
    if !["self", "super"].contains(&rest[0]) {
        return path.to_owned();
    }
    while let Some(up) = rest.first().filter(|part| ["self", "super"].contains(part)) {
        if *up == "super" {
            module.pop();
        }
        rest.remove(0);
    }
    [&["crate"], &module[..], &rest[..]].concat().join("::")
}

#[test]
fn imports_are_read_in_every_notation() {
    let code = "#[cfg(x)]\npub use crate::{store, ops::{self, metric}};\nuse super::super::limiter::Limiter;\n\
        use sqlx as db;\nfn f() {}\nuse {tokio::sync::Mutex, std::fmt};\n// use nothing;\nlet because = 1;\n";
    let expected = [
        "crate::store",
        "crate::ops::self",
        "crate::ops::metric",
        "crate::limiter::Limiter",
        "sqlx",
        "tokio::sync::Mutex",
        "std::fmt",
    ];
    assert_eq!(imports(Path::new("/x/src/grpc/call.rs"), code), expected);
    assert_eq!(imports(Path::new("/x/src/grpc/mod.rs"), "use super::store::Store;"), ["crate::store::Store"]);
}

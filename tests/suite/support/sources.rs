//! The project's own source files, for tests that read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Lists all Rust files below `dir`, except generated code and files of tests. Tests may import modules that the module
/// itself must not import.
pub fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| path.file_name().is_some_and(|name| name != "tests.rs"))
        .filter(|path| !path.parent().is_some_and(|dir| dir.ends_with("generated")))
        .collect()
}

/// Lists the files of a module of the server, or all files of the server if the name is empty.
pub fn source(module: &str) -> Vec<PathBuf> {
    let path = root().join("src").join(module);
    if path.is_dir() { rust_files(&path) } else { vec![path.with_extension("rs")] }
}

/// Returns the file's code up to its inline tests. A `mod.rs` has no inline tests, so its code is returned complete.
pub fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    if path.ends_with("mod.rs") {
        return text;
    }
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

//! Regions of `docs/operate.md` that are generated from the code.

use std::{
    fs,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use crate::support::sources::root;

const DOCUMENT: &str = "docs/operate.md";

/// Held while the document is read or written, because several tests do so concurrently.
static DOCUMENT_LOCK: Mutex<()> = Mutex::new(());

/// Compares the region `name` with `expected`, or writes it when `UPDATE_DOCS` is set.
pub(super) fn compare(name: &str, expected: &str) {
    let _held = DOCUMENT_LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let path = root().join(DOCUMENT);
    let mut text = fs::read_to_string(&path).unwrap();
    let region = region(&text, name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        text.replace_range(region, expected);
        fs::write(&path, text).unwrap();
    } else {
        assert_eq!(&text[region], expected, "run UPDATE_DOCS=1 cargo test --test suite documents");
    }
}

fn region(text: &str, name: &str) -> Range<usize> {
    let position = |mark: &str| text.find(mark).unwrap_or_else(|| panic!("{DOCUMENT} has no `{mark}`"));
    let begin = position(&format!("<!-- {name}: generated"));
    let start = begin + text[begin..].find('\n').unwrap() + 1;
    start..position(&format!("<!-- {name}: end -->"))
}

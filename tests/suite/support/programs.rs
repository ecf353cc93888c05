//! Programs of other packages, which cargo builds next to duyetd; `tests/run` builds them.

use std::path::{Path, PathBuf};

pub(crate) fn duyet() -> PathBuf {
    beside_duyetd("duyet", "duyet-cli")
}

pub(crate) fn portal() -> PathBuf {
    beside_duyetd("portal", "portal")
}

fn beside_duyetd(name: &str, package: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_duyetd")).with_file_name(name);
    assert!(program.exists(), "no {}: run `cargo build -p {package}`", program.display());
    program
}

//! Programs of other packages, which cargo builds beside duyetd: `tests/run` sees to it that they are there.

use std::path::{Path, PathBuf};

/// The moderators' client.
pub(crate) fn duyet() -> PathBuf {
    beside_duyetd("duyet", "duyet-cli")
}

/// The sample portal.
pub(crate) fn portal() -> PathBuf {
    beside_duyetd("portal", "portal")
}

fn beside_duyetd(name: &str, package: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_duyetd")).with_file_name(name);
    assert!(program.exists(), "no {}: run `cargo build -p {package}`", program.display());
    program
}

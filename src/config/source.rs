//! Where a configuration came from, so that it can be read again while the server runs.

use std::path::{Path, PathBuf};

use super::{secret::Secret, settings::Settings};

/// The file, and what stands above it.
#[derive(Debug, Clone)]
pub struct ConfigSource {
    pub(super) flags: Settings,
    pub(super) path: PathBuf,
    /// What the file said. Its secrets print nowhere.
    pub(super) text: Secret,
}

impl ConfigSource {
    /// What the file said when it was read.
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

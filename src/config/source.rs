//! Where a configuration was read from, so that a running server can read it again.

use std::path::{Path, PathBuf};

use super::{secret::Secret, settings::Settings};

/// The configuration file, and the flags and variables that override it.
#[derive(Debug, Clone)]
pub struct ConfigSource {
    pub(super) flags: Settings,
    pub(super) path: PathBuf,
    /// The contents of the file. They are a secret because they may contain secrets.
    pub(super) text: Secret,
}

impl ConfigSource {
    /// Returns the contents of the file when it was last read.
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

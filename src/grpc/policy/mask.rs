//! Update masks.

use prost_types::FieldMask;

use crate::domain::violation::{Problem, Violations};

/// A checked update mask.
pub(super) struct Mask {
    paths: Vec<String>,
}

impl Mask {
    /// Checks that the mask contains only paths in `mutable`, and reports other paths as a violation.
    pub(super) fn check(mask: Option<FieldMask>, mutable: &[&str], violations: &mut Violations) -> Self {
        let paths = mask.map(|mask| mask.paths).unwrap_or_default();
        if paths.iter().any(|path| path != "*" && !mutable.contains(&path.as_str())) {
            violations.add("update_mask", Problem::UnknownValue);
        }
        Self { paths }
    }

    /// Checks whether `path` is to be changed. An empty mask and `*` select all fields.
    pub(super) fn names(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|listed| listed == path || listed == "*")
    }
}

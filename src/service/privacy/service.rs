//! The service of readers' rights.

use std::sync::Arc;

use crate::service::core::Core;

/// Export, erasure and withdrawal of a person's comments, and the reveal of a comment's sender.
pub struct Privacy {
    pub(super) core: Arc<Core>,
}

impl Privacy {
    pub(in crate::service) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

//! The service of policies.

use std::sync::Arc;

use crate::service::core::Core;

/// The service of article and site policies.
pub struct Policies {
    pub(super) core: Arc<Core>,
}

impl Policies {
    pub(in crate::service) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

//! Between messages and the domain's values.

pub(super) mod case;
pub(super) mod challenge;
pub(super) mod values;

//! Conversion between protobuf messages and domain values.

pub(super) mod case;
pub(super) mod challenge;
pub(super) mod values;

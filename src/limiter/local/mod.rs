//! The local tier, which counts in this process.

mod cells;
mod limit_counts;
mod tier;

pub(super) use self::tier::{CAPACITY, Local};

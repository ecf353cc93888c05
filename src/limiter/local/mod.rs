//! The tier of this process.

mod cells;
mod limit_counts;
mod tier;

pub(super) use self::tier::{CAPACITY, Local};

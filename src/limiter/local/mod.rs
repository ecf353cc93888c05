//! The local tier, which counts in this process. A count has drained when its whole burst is available again; it then
//! equals the count of a new subject and may be dropped.

mod cells;
mod limit_counts;
mod tier;

pub(super) use self::tier::{CAPACITY, Local};

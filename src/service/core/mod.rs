//! The parts that several services share.

pub(super) mod assessment;
pub(super) mod concurrency_limits;
pub(super) mod page_cache;
pub(super) mod pseudonyms;
pub(super) mod rate_limits;
pub(super) mod salts;
mod shared;
mod single_flight;
pub(super) mod site_defaults;

pub(super) use self::shared::Core;

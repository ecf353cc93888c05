//! `duyet bulk`.

mod batches;
mod command;
mod select;

pub(super) use command::run;

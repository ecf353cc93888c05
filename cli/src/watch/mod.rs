//! `duyet watch`.

mod command;
mod known;
mod line;

pub(super) use command::run;

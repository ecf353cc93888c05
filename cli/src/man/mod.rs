//! `duyet man`.

mod command;
mod sections;

pub(super) use command::run;

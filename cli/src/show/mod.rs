//! `duyet show`.

mod around;
mod command;

pub(super) use command::{finding, run};

//! The commands of `duyetd`.

mod arguments;
mod check;
mod commands;
mod doctor;
mod run;
mod runtime;
mod spam;
mod token;

pub use self::{arguments::Arguments, run::run};

//! A site's terms, compiled: every word of a text is looked at once, however many terms there are.

mod compiled_term;
mod hits;
mod set;
#[cfg(test)]
mod tests;

pub use self::{hits::TermHits, set::TermSet};

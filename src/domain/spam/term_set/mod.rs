//! A site's terms, compiled into automata. Each word of a text is read once, regardless of the number of terms.

mod compiled_term;
mod hits;
mod set;
#[cfg(test)]
mod tests;

pub use self::{hits::TermHits, set::TermSet};

//! The review as a state machine: `machine` contains the state, the other files contain its transitions by subject.

mod answers;
mod claim_schedule;
mod claims;
mod intents;
mod leave;
mod machine;
mod phase;
mod refresh_queue;
mod refreshes;
mod revert;
mod revertible;
#[cfg(test)]
mod tests;
mod visibility;

pub(super) use claims::EXACT_TOTAL;
pub(super) use machine::{ReviewOptions, State};

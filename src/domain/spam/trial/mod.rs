//! Tests of terms and rules with comments that moderators have decided: before a term is listed, on request, and every
//! hour.

mod collisions;
mod example;
mod replay;
#[cfg(test)]
mod tests;
mod too_broad;

pub use self::{
    collisions::{Collisions, collisions},
    example::Example,
    replay::{ByDecision, Replay, RuleCount},
    too_broad::{TooBroad, too_broad},
};

//! Terms and rules tried on what people decided: before a term is listed, when somebody asks, and every hour on their own.

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

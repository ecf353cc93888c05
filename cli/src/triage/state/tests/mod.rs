//! Sessions as a moderator has them, without a screen and without a service.

mod claims;
mod decisions;
mod leaving;
mod refreshes;
mod reverts;
mod support;
mod visibility;

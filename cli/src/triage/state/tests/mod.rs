//! Sessions of a moderator, without a terminal and without a service.

mod claims;
mod decisions;
mod leaving;
mod refreshes;
mod reverts;
mod support;
mod visibility;

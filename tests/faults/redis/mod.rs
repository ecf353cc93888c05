//! Failures of Redis: each test breaks a real server under load and prints its figures (`tests/run faults::redis --
//! --nocapture`).

mod absent;
mod checks;
mod cluster;
mod crowd;
mod emptied;
mod evicting;
mod frozen;
mod full_or_read_only;
mod killed;
mod sentinel;
mod skewed;
mod slow;
mod starved;

use self::checks::{
    BOUND, BURST, allows, charge, counted, device, let_through, limiter, ms, submit, time_until, time_until_degraded,
    time_until_shared,
};

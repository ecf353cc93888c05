//! Behaviour by surface, against real servers. `tests/run` starts what these tests need.
#![cfg(test)] // so that helpers may unwrap, as tests may
#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod access;
mod assessment;
mod browser;
mod captcha;
mod cli;
mod faults;
mod input;
mod layers;
mod limits;
mod moderator_client;
mod operations;
mod reading;
mod review;
mod store_contract;
mod submit;
mod support;

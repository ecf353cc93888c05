//! Behaviour by surface, against real servers. `tests/run` starts what these tests need.
#![cfg(test)] // so that helpers may unwrap, as tests may
#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod access;
mod altcha;
mod assessment;
mod ban_desk;
mod ban_times;
mod bans;
mod browser;
mod bulk;
mod canaries;
mod captcha;
mod captcha_proofs;
mod claims;
mod cli;
mod cli_commands;
mod cli_desk;
mod cli_terms;
#[path = "../faults/mod.rs"]
mod faults;
mod fuzz;
mod injection;
mod input;
mod jobs;
mod layers;
mod learning;
mod limit_script;
mod limit_tiers;
mod limits;
mod moderator_client;
mod operations;
mod person;
mod policy;
mod privacy;
mod reading;
mod redis_costs;
mod redis_urls;
mod release;
mod reload;
mod reports;
mod retention;
mod revert;
mod review;
mod standing;
mod stats;
mod store_contract;
mod submit;
mod support;
mod tenancy;
mod terms;
mod tls;
mod triage;
mod two_moderators;
mod unicode;
mod watch;
mod widget;

//! Servers, databases and clients that the tests run against.

pub mod browser;
pub mod canned_service;
pub mod certificates;
pub mod daemon;
pub mod home;
pub mod imports;
pub mod literal;
pub mod newsroom;
pub mod office;
pub mod panicking_inserts;
pub mod pgbouncer;
pub mod postgres;
pub mod process;
pub mod programs;
pub mod proofs;
pub mod proxy;
pub mod readers;
pub mod redis;
pub mod redis_cluster;
pub mod redis_sentinel;
pub mod sample;
pub mod screen;
pub mod sources;
pub mod statements;

//! Where comments live. The traits of [`contract`](crate::store::contract) are the promise, and `sql/` keeps it for both databases.

#[macro_use]
mod columns;
mod ban;
pub mod batches;
mod connections;
pub mod contract;
pub mod crowd;
mod error;
mod keyset;
mod migrations;
mod outcome;
mod parse;
pub mod postgres;
mod reader;
mod revert;
mod rows;
mod sql;
pub mod sqlite;
mod term;
mod writes;

pub use contract::Store;

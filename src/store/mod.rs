//! The storage of the service. The traits of [`contract`](crate::store::contract) define its guarantees, and `sql/`
//! implements them for both databases.

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

//! Statements that both databases share, and what they are made of.
#![expect(dead_code, reason = "some statements have not moved here yet")]

mod article_counts;
#[macro_use]
mod backend;
pub(in crate::store) mod article;
pub(in crate::store) mod audit;
mod case;
pub(in crate::store) mod change_feed;
mod claim;
mod connection;
mod dialect;
mod drift;
pub(in crate::store) mod job;
mod key;
mod model;
mod queue;
mod queue_sql;
pub(in crate::store) mod records;
mod rekey;
pub(in crate::store) mod request;
mod row;
mod site;
mod statement;
mod stats;
mod submission;
mod term;
mod token;
mod upkeep;
mod value;

pub(in crate::store) use self::{
    backend::{Backend, Caller, TRIES},
    connection::{Connection, Transaction},
    row::{Columns, Fields, Row},
    statement::Statement,
    value::{List, Rows},
};

//! Statements that both databases share, and their parts.

mod article_counts;
#[macro_use]
mod backend;
pub(in crate::store) mod article;
pub(in crate::store) mod audit;
mod ban;
mod case;
mod change_feed;
mod claim;
mod comment;
mod connection;
mod counts;
pub(in crate::store) mod decision;
mod dialect;
mod drift;
mod encode;
mod erase;
mod erasure;
mod escalation;
pub(in crate::store) mod job;
mod key;
mod list;
mod maintenance;
mod model;
pub(in crate::store) mod outcomes;
mod privacy;
mod queue;
mod queue_sql;
pub(in crate::store) mod records;
mod rekey;
mod report;
pub(in crate::store) mod request;
mod revert;
mod revert_entries;
mod row;
mod search;
mod search_index;
mod site;
mod statement;
mod stats;
mod stats_changes;
mod stats_drift;
mod submission;
mod submission_rows;
mod term;
mod token;
mod value;

pub(in crate::store) use self::{
    backend::{Backend, Caller, TRIES},
    connection::{Connection, Transaction},
    dialect::Dialect,
    row::{Columns, Fields, Row},
    statement::{Statement, trace},
    value::{List, Rows},
};

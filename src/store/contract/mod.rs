//! The storage contract. Each method is a whole use case in one transaction and behaves the same on both databases.
//! There is a trait for each group of tables.
//!
//! Every method may fail with [`crate::domain::Error::StorageUnavailable`] (the caller may retry the call) or
//! [`crate::domain::Error::Internal`] (a row cannot be read). The documentation of a method lists its other errors.
//! When a method returns `Ok`, its writes are durable. A method that takes a request row is idempotent: a replay
//! returns the first result and writes nothing. A method that deletes or changes rows and returns a `u64` returns the
//! number of these rows.

mod audit;
mod ban;
mod change;
mod claim;
mod comment;
mod database;
mod decision;
mod key;
mod maintenance;
mod model;
mod policy;
mod privacy;
mod queue;
mod report;
mod search;
mod stats;
mod submission;
mod term;
mod token;

pub use audit::AuditStore;
pub use ban::BanStore;
pub use change::{ChangeStore, MOST_CHANGES};
pub use claim::ClaimStore;
pub use comment::{ArticlePage, CommentStore, PagePolicy};
pub use database::DatabaseStore;
pub use decision::DecisionStore;
pub use key::{KeyRecording, KeyStore};
pub use maintenance::MaintenanceStore;
pub use model::ModelStore;
pub use policy::{Policies, PolicyStore};
pub use privacy::PrivacyStore;
pub use queue::QueueStore;
pub use report::ReportStore;
pub use search::SearchStore;
pub use stats::StatsStore;
pub use submission::SubmissionStore;
pub use term::TermStore;
pub use token::TokenStore;

/// All traits that a database implements.
pub trait Store:
    AuditStore
    + BanStore
    + ChangeStore
    + ClaimStore
    + CommentStore
    + DatabaseStore
    + DecisionStore
    + KeyStore
    + MaintenanceStore
    + ModelStore
    + PolicyStore
    + PrivacyStore
    + QueueStore
    + ReportStore
    + SearchStore
    + StatsStore
    + SubmissionStore
    + TermStore
    + TokenStore
{
}

impl<T> Store for T where
    T: AuditStore
        + BanStore
        + ChangeStore
        + ClaimStore
        + CommentStore
        + DatabaseStore
        + DecisionStore
        + KeyStore
        + MaintenanceStore
        + ModelStore
        + PolicyStore
        + PrivacyStore
        + QueueStore
        + ReportStore
        + SearchStore
        + StatsStore
        + SubmissionStore
        + TermStore
        + TokenStore
{
}

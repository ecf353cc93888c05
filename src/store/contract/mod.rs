//! The storage contract: whole use cases, each one transaction, the same on both databases. A trait per group of tables.
//!
//! Every method may fail with [`crate::domain::Error::StorageUnavailable`] (the same call may be made again) or
//! [`crate::domain::Error::Internal`] (a row that cannot be read). Other errors are listed with the method. When a method
//! answers `Ok`, what it wrote is durable. A method that takes a request row answers a replay with the first result and writes nothing.

mod audit;
mod ban;
mod change;
mod claim;
mod comment;
mod database;
mod decision;
mod key;
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
mod upkeep;

pub use audit::AuditStore;
pub use ban::BanStore;
pub use change::{ChangeStore, MOST_CHANGES};
pub use claim::ClaimStore;
pub use comment::{ArticlePage, CommentStore, PagePolicy};
pub use database::DatabaseStore;
pub use decision::DecisionStore;
pub use key::{KeyRecording, KeyStore};
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
pub use upkeep::UpkeepStore;

/// Everything a database must do.
pub trait Store:
    AuditStore
    + BanStore
    + ChangeStore
    + ClaimStore
    + CommentStore
    + DatabaseStore
    + DecisionStore
    + KeyStore
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
    + UpkeepStore
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
        + UpkeepStore
{
}

mod audit;
mod bulk_decide;
mod change_feed;
mod claims;
mod decide;
mod escalate;
mod notes;
mod queue;
mod queue_search;
mod queue_totals;
mod revert;
mod service;
mod stats;
mod watch;
mod watches;

pub use self::{
    audit::{AuditList, AuditRequest},
    bulk_decide::{BulkDecided, BulkRequest},
    claims::{ClaimNextRequest, ClaimedCases},
    decide::{DecideRequest, Decided},
    escalate::EscalateRequest,
    notes::NoteRequest,
    queue::{QueueList, QueueRequest},
    revert::RevertRequest,
    service::Moderation,
    stats::SiteStats,
    watch::{QueueEvent, QueueWatch},
};

mod bulk_decide;
mod change_feed;
mod claims;
mod escalate;
mod queue_search;
mod revert;
mod review;
mod stats;
mod watch;

pub(super) use self::watch::Watches;
pub use self::{
    bulk_decide::{BulkDecided, BulkRequest},
    change_feed::Clock,
    claims::{ClaimNextRequest, ClaimedCases},
    escalate::EscalateRequest,
    revert::RevertRequest,
    review::{AuditList, AuditRequest, DecideRequest, Decided, QueueList, QueueRequest},
    watch::{QueueEvent, QueueWatch},
};

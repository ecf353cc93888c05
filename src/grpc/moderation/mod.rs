mod audit;
mod bulk_decide;
mod claims;
mod decide;
mod escalate;
mod filter;
mod notes;
mod queue;
mod revert;
mod service;
mod stats;
mod watch;

pub(super) use self::service::ModerationGrpc;

mod bulk_decide;
mod claims;
mod escalate;
mod filter;
mod revert;
mod service;
mod stats;
mod watch;

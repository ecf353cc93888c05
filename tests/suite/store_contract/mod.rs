//! The storage contract, with tests that try to break each promise on both databases.

#[macro_use]
mod contract;

mod around;
mod articles;
mod audit;
mod bans;
mod batch_sizes;
mod change_feed;
mod claim_races;
mod claims;
mod decisions;
mod duplicates;
mod escalation;
mod faults;
mod home;
mod keys;
mod known_articles;
mod lists;
mod locks;
mod maintenance;
mod outage;
mod queue;
mod queue_changes;
mod reports;
mod requests;
mod revert;
mod revert_walks;
mod round_trips;
mod schema;
mod search;
mod site;
mod stats;
mod stats_walks;
mod submissions;
mod terms;
mod tokens;
mod trust;
mod writer;

mod broad_terms;
mod clean_log;
mod continue_erasures;
mod expire_pending;
mod fold_stats;
mod forget_requests;
mod index_search;
mod jobs;
mod purge;
mod queue_gauges;
mod read_up_to;
mod recount;
mod service;
mod store_health;
mod train;

pub use self::service::Maintenance;

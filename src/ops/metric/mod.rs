//! Every metric that the service itself counts, by name. No label holds an article, an author or a comment.
//! The limiter and the pool of images keep their own, which are described here.

mod number;
mod recorder;
mod rpc;
mod service;
mod spam;
mod store;

pub use recorder::{InstallError, install, run_upkeep};
pub use rpc::Rpc;
pub use service::{
    address_unread, call_bound, captcha_failed, captcha_issued, captcha_solved, certificate_read, claimed,
    config_is_good, config_read, count_drift, decided, erased, escalated, expired, job_ran, panicked, queue, reported,
    reverted, shed, submitted, watches,
};
pub use spam::{findings, model_loaded, model_trained, term_stood_down, terms_loaded};
pub use store::{log_size, store_up};

//! Every metric that the service itself counts, by name. No label holds an article, an author or a comment.
//! The limiter and the pool of images keep their own, which are described here.

mod number;
mod recorder;
mod rpc;
mod service;
mod spam;
mod store;

pub use self::{
    recorder::{InstallError, install, run_upkeep},
    rpc::Rpc,
    service::{
        address_unread, call_bound, captcha_failed, captcha_issued, captcha_solved, certificate_read, claimed,
        config_is_good, config_read, count_drift, decided, erased, escalated, expired, job_ran, panicked, queue,
        reported, reverted, shed, submitted, watches,
    },
    spam::{findings, model_loaded, model_trained, term_stood_down, terms_loaded},
    store::{log_size, store_up},
};

//! The metrics that the service records, by name. Labels never contain an article, an author or a comment. The rate
//! limiter and the pool of captcha images record their own metrics, which are described here.

mod number;
mod recorder;
mod rpc;
mod service;
mod spam;
mod store;

pub use self::{
    recorder::{InstallError, aggregate_samples, install},
    rpc::Rpc,
    service::{
        address_unread, call_bound, captcha_failed, captcha_issued, captcha_solved, certificate_read, claimed,
        config_is_good, config_read, count_drift, decided, erased, escalated, expired, job_ran, panicked, queue,
        reported, reverted, shed, submitted, watches,
    },
    spam::{findings, model_loaded, model_trained, term_put_on_trial, terms_loaded},
    store::{log_size, store_up},
};

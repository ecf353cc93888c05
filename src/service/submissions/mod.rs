mod attempt;
mod rekey_bans;
mod report;
mod service;
mod submit;

pub use self::{report::ReportRequest, service::Submissions, submit::Submitted};

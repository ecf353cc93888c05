mod approve_pending;
mod articles;
mod service;
mod site;

pub use self::{
    approve_pending::{ApprovePendingRequest, ApprovedPending},
    articles::ArticleUpdate,
    service::Policies,
    site::{LockdownRequest, SiteUpdate},
};

mod approve_pending;
mod articles;
mod site;

pub use self::{
    approve_pending::{ApprovePendingRequest, ApprovedPending},
    articles::ArticleUpdate,
    site::{LockdownRequest, SiteUpdate},
};

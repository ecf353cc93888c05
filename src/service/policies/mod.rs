mod approve_pending;
mod articles;
mod site;

pub use self::{
    approve_pending::{ReleaseRequest, Released},
    articles::ArticleUpdate,
    site::{LockdownRequest, SiteUpdate},
};

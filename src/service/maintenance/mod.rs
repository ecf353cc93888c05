mod expire_pending;
mod housekeeping;
mod jobs;
mod purge;
mod recount;
mod train;

pub(super) use self::{
    jobs::{Now, Run},
    train::ReadUpTo,
};

mod read;
mod service;

pub use self::{
    read::{CommentList, ListRequest, ListedThread},
    service::PublicComments,
};

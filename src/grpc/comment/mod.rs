pub(super) mod list;
mod read;
mod report;
mod service;
mod submit;
mod withdraw;

pub(super) use self::service::CommentGrpc;

mod read;

pub use self::read::{CommentList, ListRequest, ListedThread, WrittenList};

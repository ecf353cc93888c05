mod issue;
mod service;
mod verify;

pub(super) use self::verify::{Handed, refused};
pub use self::{service::Challenges, verify::VerifyRequest};

mod issue;
mod service;
mod verify;

pub(super) use self::verify::{Handed, captcha_failed};
pub use self::{service::Challenges, verify::VerifyRequest};

mod issue;
mod verify;

pub use self::verify::VerifyRequest;
pub(super) use self::verify::{Handed, refused};

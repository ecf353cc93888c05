//! The wire contract of duyet: the generated code of `duyet/v1/*.proto`. Only the modules around it and the `Debug` of
//! messages with secrets are written by hand.

#[cfg(feature = "json")]
mod json;

#[cfg(feature = "json")]
pub use json::Json;

/// Package `duyet.v1`.
#[expect(clippy::pedantic, reason = "generated")]
// Only the server's code has outer `allow` attributes.
#[cfg_attr(feature = "server", expect(clippy::allow_attributes, reason = "generated"))]
pub mod v1 {
    include!("generated/duyet.v1.rs");
}

/// The encoded `FileDescriptorSet` of the package, for reflection and for the test of the role table.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/duyet.v1.bin");

/// Implements `Debug` for messages that contain answers, tokens or addresses. It prints their name and only harmless
/// fields.
macro_rules! print_only {
    ($($message:ident { $($field:ident),* })+) => {
        $(impl std::fmt::Debug for v1::$message {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($message))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        })+
    };
}

print_only! {
    AltchaChallenge {}
    ReaderContext {}
    IssueChallengeResponse { kind, level }
    SubmitCommentRequest { article_id, request_id }
    VerifyChallengeRequest { article_id, request_id }
    VerifyChallengeResponse {}
}

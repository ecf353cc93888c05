//! Access tokens: creation and checks.

mod authenticator;
mod tokens;
mod unknown_tokens;

pub use self::{
    authenticator::Authenticator,
    tokens::{AccessTokens, FIRST_TOKENS, NewToken},
};

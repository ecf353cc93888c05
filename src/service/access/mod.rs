//! Who may call: access tokens, made and checked.

mod authenticator;
mod tokens;
mod unknown_tokens;

pub use self::{
    authenticator::Authenticator,
    tokens::{AccessTokens, FIRST_TOKENS, NewToken},
};

//! The gRPC layer: parses requests, calls the services and converts their results.

mod auth;
mod ban;
mod call;
mod captcha;
mod comment;
mod convert;
mod error_details;
mod item_result;
mod layers;
mod message_size;
mod moderation;
mod policy;
mod privacy;
mod request_id;
pub mod role;
mod routes;
mod rule;
mod status;
#[cfg(test)]
mod tests;
pub mod transport;

pub use self::{
    message_size::{MAX_MESSAGE_BYTES, MAX_OPEN_MESSAGE_BYTES},
    routes::{SERVICES, routes},
};

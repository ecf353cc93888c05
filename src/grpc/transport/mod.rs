//! What surrounds every call: what tonic's own timeout, shedding and shutdown do not do well enough.

pub mod deadline;
pub mod in_flight;
pub mod listener;
pub mod message;
pub mod observe;
pub mod open_services;
mod paths;
mod peer;
pub mod stream;
pub mod tls;

pub(super) use self::{
    paths::{is_answered_by_stream, is_stream},
    peer::{peer_of, slot_of},
};

//! The transport around every call: listener, TLS, deadlines, load shedding and streams, where tonic's own features are
//! not sufficient.

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

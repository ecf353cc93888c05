//! The connection of a request.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::extract::Request;

use crate::ops::connection_slots::ConnectionSlot;

pub(in crate::grpc) fn slot_of(request: &Request) -> Option<&Arc<ConnectionSlot>> {
    request.extensions().get()
}

pub(in crate::grpc) fn peer_of(request: &Request) -> IpAddr {
    slot_of(request).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |slot| slot.peer())
}

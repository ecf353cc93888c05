//! Whose connection a request came over.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::extract::Request;

use crate::ops::seats::Seat;

/// The seat of a request's connection.
pub(in crate::grpc) fn seat_of(request: &Request) -> Option<&Arc<Seat>> {
    request.extensions().get()
}

/// Whom a request's connection counts for.
pub(in crate::grpc) fn peer_of(request: &Request) -> IpAddr {
    seat_of(request).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |seat| seat.peer())
}

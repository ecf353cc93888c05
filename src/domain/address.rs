//! Network addresses as limits and bans see them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, Utc};

/// One spelling per address: IPv4 that arrived mapped into IPv6 (`::ffff:a.b.c.d`) becomes IPv4.
pub fn normalise(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The network that one subscriber usually holds or shares: /24 of IPv4, /64 of IPv6, with the rest zero.
pub fn prefix_of(address: IpAddr) -> IpAddr {
    match normalise(address) {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & !0xFF).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

/// Whom a connection counts for: one IPv4 address, or the /64 of IPv6 within which a host picks addresses as it likes.
pub fn peer_of(address: IpAddr) -> IpAddr {
    match normalise(address) {
        IpAddr::V4(v4) => v4.into(),
        v6 @ IpAddr::V6(_) => prefix_of(v6),
    }
}

/// The calendar month (UTC) that an address is hashed for, as `2026-11`.
pub fn month_of(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}

/// The bytes of the normalised address: 4 or 16.
pub fn octets(address: IpAddr) -> Vec<u8> {
    match normalise(address) {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_the_24_or_the_64_of_the_normalised_address() {
        for (address, prefix) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::"),
        ] {
            assert_eq!(prefix_of(address.parse().unwrap()), prefix.parse::<IpAddr>().unwrap());
        }
    }

    #[test]
    fn a_peer_is_an_ipv4_address_or_a_64() {
        for (address, peer) in [
            ("203.0.113.77", "203.0.113.77"),
            ("::ffff:203.0.113.77", "203.0.113.77"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(peer_of(address.parse().unwrap()), peer.parse::<IpAddr>().unwrap());
        }
    }

    #[test]
    fn a_mapped_address_has_the_bytes_of_the_plain_one() {
        let bytes = |text: &str| octets(text.parse().unwrap());
        assert_eq!(bytes("::ffff:203.0.113.7"), bytes("203.0.113.7"));
        assert_eq!(bytes("2001:db8::1").len(), 16);
    }
}

//! Network addresses: parsing of the forms that proxies write, and the prefixes that limits and bans use.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{DateTime, Utc};

/// The first 96 bits of an IPv4 address behind NAT64: the well-known prefix `64:ff9b::/96` (RFC 6052).
const NAT64: u128 = 0x0064_ff9b << 96;

named_enum! {
    /// The reason why no address could be read from a portal's text.
    Unread {
        /// The proxy states that it does not know or hides the address (`unknown`, `_hidden`; RFC 7239, section 6).
        Unknown = "UNKNOWN",
        /// The text is not an address in any form that proxies write.
        Unreadable = "UNREADABLE",
    }
}

/// Parses a reader's address in the forms that proxies write: alone or in brackets, with a port, with a zone id, in
/// quotes. Returns `None` for an empty text.
///
/// # Errors
/// [`Unread`] when the text holds no address. The reader's address is unknown then.
pub fn read(text: &str) -> Result<Option<IpAddr>, Unread> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text).trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('_') || text.split(':').next().is_some_and(|node| node.eq_ignore_ascii_case("unknown")) {
        return Err(Unread::Unknown);
    }
    let address = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, after)) => parse_v6(address).filter(|_| after.is_empty() || is_port(after)),
        None => text.parse().ok().or_else(|| parse_v6(text)).or_else(|| parse_v4_with_port(text)),
    };
    address.map(Some).ok_or(Unread::Unreadable)
}

/// Parses an IPv6 address and drops its zone id, which has a meaning only on the proxy's own machine.
fn parse_v6(text: &str) -> Option<IpAddr> {
    let (address, zone) = text.split_once('%').unwrap_or((text, "eth0"));
    address.parse::<Ipv6Addr>().ok().filter(|_| !zone.is_empty()).map(IpAddr::V6)
}

fn parse_v4_with_port(text: &str) -> Option<IpAddr> {
    let at = text.find(':').filter(|at| is_port(&text[*at..]))?;
    text[..at].parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// Checks whether the text is `:` and a port, which may be obfuscated (`:_abc`).
fn is_port(text: &str) -> bool {
    let port = text.strip_prefix(':').unwrap_or_default();
    let hidden = port.strip_prefix('_').is_some_and(|rest| !rest.is_empty());
    hidden || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

/// Converts an address to its canonical form. An IPv4 address that arrived mapped into IPv6 (`::ffff:a.b.c.d`) or
/// through NAT64 (`64:ff9b::a.b.c.d`) becomes IPv4.
pub fn normalise(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if v6.to_bits() >> 32 << 32 == NAT64 => {
            let [.., a, b, c, d] = v6.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        canonical => canonical,
    }
}

/// Returns the network that one subscriber usually has or shares: the /24 of IPv4 or the /64 of IPv6, other bits zero.
pub fn prefix_of(address: IpAddr) -> IpAddr {
    match normalise(address) {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & !0xFF).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

/// Returns the address that limits per connection count: an IPv4 address, or the /64 of an IPv6 address, because a host
/// may use any address in its /64.
pub fn peer_of(address: IpAddr) -> IpAddr {
    match normalise(address) {
        IpAddr::V4(v4) => v4.into(),
        v6 @ IpAddr::V6(_) => prefix_of(v6),
    }
}

/// Returns the /56 and the /48 of an IPv6 address, other bits zero, and `None` for IPv4. One customer often has a whole
/// /56 or /48 and can use any /64 in it.
pub fn wider_prefixes(address: IpAddr) -> Option<[IpAddr; 2]> {
    match normalise(address) {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => Some([72, 80].map(|rest| Ipv6Addr::from_bits(v6.to_bits() >> rest << rest).into())),
    }
}

/// Returns the network whose reports count as one: the /48 of an IPv6 address, which one subscriber may have as a
/// whole. Returns `None` for IPv4, because a carrier puts thousands of phones behind one address.
pub fn shared_network(address: IpAddr) -> Option<IpAddr> {
    wider_prefixes(address).map(|[_, widest]| widest)
}

/// Returns the calendar month (UTC) whose salt an address is hashed with, such as `2026-11`.
pub fn month_of(at: DateTime<Utc>) -> String {
    at.format("%Y-%m").to_string()
}

/// Returns the bytes of the normalised address: 4 for IPv4, 16 for IPv6.
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
    fn a_prefix_is_the_slash_24_or_slash_64_of_the_normalised_address() {
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
    fn a_peer_is_an_ipv4_address_or_an_ipv6_slash_64() {
        for (address, peer) in [
            ("203.0.113.77", "203.0.113.77"),
            ("::ffff:203.0.113.77", "203.0.113.77"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(peer_of(address.parse().unwrap()), peer.parse::<IpAddr>().unwrap());
        }
    }

    #[test]
    fn only_ipv6_addresses_have_wider_prefixes() {
        let parse = |text: &str| text.parse::<IpAddr>().unwrap();
        let wider = wider_prefixes(parse("2001:db8:1:2ff:3:4:5:6"));
        assert_eq!(wider, Some([parse("2001:db8:1:200::"), parse("2001:db8:1::")]));
        assert_eq!(wider_prefixes(parse("::ffff:203.0.113.77")), None);
        assert_eq!(shared_network(parse("203.0.113.77")), None);
        assert_eq!(shared_network(parse("2001:db8:1:2ff::1")), Some(parse("2001:db8:1::")));
    }

    #[test]
    fn addresses_are_parsed_in_the_forms_that_proxies_write() {
        for (text, address) in [
            (" 203.0.113.7 ", "203.0.113.7"),
            ("203.0.113.7:51234", "203.0.113.7"),
            ("203.0.113.7:_hidden", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:DB8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:443", "fe80::1"),
            ("[::ffff:203.0.113.7]:80", "::ffff:203.0.113.7"),
        ] {
            assert_eq!(read(text), Ok(Some(address.parse().unwrap())), "{text}");
        }
        assert_eq!((read(""), read(" ")), (Ok(None), Ok(None)));
    }

    #[test]
    fn text_that_is_not_an_address_is_an_error() {
        for text in ["unknown", "Unknown", "unknown:51234", "_SEVKISEK", "_gazonk:80"] {
            assert_eq!(read(text), Err(Unread::Unknown), "{text}");
        }
        for text in [
            "300.1.1.1",
            "203.0.113.7:",
            "203.0.113.7:port",
            "203.0.113.7:99999",
            "203.0.113.7:+80",
            "[203.0.113.7]:80",
            "[2001:db8::1]443",
            "[2001:db8::1",
            "fe80::1%",
            "203.0.113.7%eth0",
            "203.0.113.7, 198.51.100.1",
            "localhost",
            "unix:",
            "é",
        ] {
            assert_eq!(read(text), Err(Unread::Unreadable), "{text}");
        }
    }

    #[test]
    fn an_address_behind_nat64_is_normalised_to_ipv4() {
        for (text, plain) in [
            ("64:ff9b::203.0.113.7", "203.0.113.7"),
            ("64:ff9b::cb00:7107", "203.0.113.7"),
            ("64:ff9b:0:0:1::cb00:7107", "64:ff9b:0:0:1::cb00:7107"),
            ("64:ff9b:1::cb00:7107", "64:ff9b:1::cb00:7107"),
        ] {
            assert_eq!(normalise(text.parse().unwrap()), plain.parse::<IpAddr>().unwrap(), "{text}");
        }
        assert_eq!(prefix_of("64:ff9b::203.0.113.7".parse().unwrap()), "203.0.113.0".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn an_ipv4_mapped_address_has_the_octets_of_the_ipv4_address() {
        let bytes = |text: &str| octets(text.parse().unwrap());
        assert_eq!(bytes("::ffff:203.0.113.7"), bytes("203.0.113.7"));
        assert_eq!(bytes("2001:db8::1").len(), 16);
    }
}

//! Listen addresses: an IP address or a host name, with a port.

use std::{
    convert::Infallible,
    net::{SocketAddr, ToSocketAddrs as _},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// A listen address such as `127.0.0.1:50051`, `[::1]:50051` or `localhost:50051`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListenAddr(String);

impl ListenAddr {
    /// Resolves the socket address to listen on, looking up a host name if necessary. If a name has several addresses,
    /// a non-loopback address is preferred, so that a name with a public address is never treated as loopback; after
    /// that, an IPv4 address is preferred.
    ///
    /// # Errors
    /// `Malformed` if the text is not an address, `Lookup` if looking up the name fails, and `Unknown` if the lookup
    /// finds no address.
    pub fn resolve(&self) -> Result<SocketAddr, AddressError> {
        if let Ok(addr) = self.0.parse() {
            return Ok(addr);
        }
        if !is_named(&self.0) {
            return Err(AddressError::Malformed(self.0.clone()));
        }
        let found: Vec<_> = self
            .0
            .to_socket_addrs()
            .map_err(|error| AddressError::Lookup { name: self.0.clone(), reason: error.to_string() })?
            .collect();
        choose(&found).ok_or_else(|| AddressError::Unknown(self.0.clone()))
    }
}

/// Why a listen address cannot be resolved.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{0}` is not a listen address: give host and port, for example 127.0.0.1:50051 or localhost:50051")]
    Malformed(String),
    /// The name cannot be looked up; `reason` is the operating system's text.
    #[error("{name}: {reason}")]
    Lookup { name: String, reason: String },
    #[error("{0}: the name has no address")]
    Unknown(String),
}

fn choose(found: &[SocketAddr]) -> Option<SocketAddr> {
    let public = found.iter().find(|addr| !addr.ip().is_loopback());
    public.or_else(|| found.iter().find(|addr| addr.is_ipv4())).or_else(|| found.first()).copied()
}

/// Checks whether the text consists of a host name and a port.
fn is_named(text: &str) -> bool {
    let is_name = |host: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    text.rsplit_once(':').is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok())
}

impl FromStr for ListenAddr {
    type Err = Infallible;

    /// Accepts any text. An invalid address is reported only when it is resolved, so that it is listed together with
    /// all other problems of the configuration.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl From<SocketAddr> for ListenAddr {
    fn from(addr: SocketAddr) -> Self {
        Self(addr.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ip_addresses_and_host_names_with_a_port_are_listen_addresses() {
        let addr = |text: &str| text.parse::<ListenAddr>().unwrap();
        for text in ["127.0.0.1:50051", "[::1]:0", "localhost:50051"] {
            assert!(addr(text).resolve().unwrap().ip().is_loopback(), "{text}");
        }
        for text in [
            "",
            "50051",
            ":50051",
            "localhost",
            "localhost:",
            "localhost:70000",
            "::1:5",
            "http://localhost:1",
            "a b:1",
        ] {
            assert!(addr(text).resolve().unwrap_err().to_string().contains("is not a listen address"), "{text}");
        }
        assert!(addr("nowhere.invalid:1").resolve().unwrap_err().to_string().contains("nowhere.invalid:1"));
    }

    #[test]
    fn a_name_with_a_non_loopback_address_is_not_treated_as_loopback() {
        let addrs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        assert_eq!(choose(&addrs(&["[::1]:1", "127.0.0.1:1"])), Some("127.0.0.1:1".parse().unwrap()));
        assert_eq!(choose(&addrs(&["127.0.0.1:1", "10.0.0.7:1"])), Some("10.0.0.7:1".parse().unwrap()));
        assert_eq!(choose(&[]), None);
    }
}

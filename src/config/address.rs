//! The address of a listener: numbers or a name, and a port.

use std::{
    convert::Infallible,
    net::{SocketAddr, ToSocketAddrs as _},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// `127.0.0.1:50051`, `[::1]:50051` or `localhost:50051`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListenAddr(String);

impl ListenAddr {
    /// The address to listen on. A name is looked up; where it stands for several addresses, one beyond loopback comes first, so that
    /// what is allowed on loopback only is never allowed by a name that also means something else, and then one of IPv4.
    ///
    /// # Errors
    /// When it is no address, or nobody knows the name.
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

/// Why a listener has no address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{0}` is no address to listen on: give host and port, for example 127.0.0.1:50051 or localhost:50051")]
    Malformed(String),
    /// The name cannot be looked up: the operating system's text.
    #[error("{name}: {reason}")]
    Lookup { name: String, reason: String },
    #[error("{0}: the name has no address")]
    Unknown(String),
}

fn choose(found: &[SocketAddr]) -> Option<SocketAddr> {
    let beyond = found.iter().find(|addr| !addr.ip().is_loopback());
    beyond.or_else(|| found.iter().find(|addr| addr.is_ipv4())).or_else(|| found.first()).copied()
}

/// True when it reads like a name and a port.
fn is_named(text: &str) -> bool {
    let is_name = |host: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    text.rsplit_once(':').is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok())
}

impl FromStr for ListenAddr {
    type Err = Infallible;

    /// Whether it is an address shows when it is resolved, together with whatever else is wrong.
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
    fn numbers_and_names_with_a_port_are_addresses() {
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
            assert!(addr(text).resolve().unwrap_err().to_string().contains("no address to listen on"), "{text}");
        }
        assert!(addr("nowhere.invalid:1").resolve().unwrap_err().to_string().contains("nowhere.invalid:1"));
    }

    #[test]
    fn a_name_that_also_means_an_address_beyond_loopback_is_not_on_loopback() {
        let addrs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        assert_eq!(choose(&addrs(&["[::1]:1", "127.0.0.1:1"])), Some("127.0.0.1:1".parse().unwrap()));
        assert_eq!(choose(&addrs(&["127.0.0.1:1", "10.0.0.7:1"])), Some("10.0.0.7:1".parse().unwrap()));
        assert_eq!(choose(&[]), None);
    }
}

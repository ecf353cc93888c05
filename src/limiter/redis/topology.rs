//! The deployment that a Redis URL describes: one server, the master that sentinels name, or the masters of a cluster.

use std::fmt::{self, Display};

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

use crate::limiter::error::UrlError;

const SENTINEL_FORM: &str = "redis+sentinel://host:26379,host:26379/<service>[/<database>]";
const CLUSTER_FORM: &str = "redis+cluster://host:7000,host:7001";
/// The default port of sentinels.
const SENTINEL_PORT: u16 = 26_379;

/// A deployment of Redis. In the URL, hosts are separated by commas, and the scheme `rediss` instead of `redis` selects
/// TLS. The schemes have the same names as in the Python package `limits`.
#[derive(Debug)]
pub(super) enum Topology {
    Standalone(ConnectionInfo),
    Sentinel {
        /// The sentinels' addresses without credentials, because most sentinels need none.
        sentinels: Vec<ConnectionInfo>,
        service: String,
        /// The master's credentials and database. The sentinels return its address.
        master: ConnectionInfo,
    },
    /// Some nodes of a cluster, which return all others.
    Cluster {
        seeds: Vec<ConnectionInfo>,
    },
}

impl Topology {
    /// Parses a URL.
    ///
    /// # Errors
    /// [`UrlError`] with the problem. It does not contain the URL, which may have a password.
    pub(super) fn parse(url: &str) -> Result<Self, UrlError> {
        let Some((scheme, rest)) = url.split_once("://") else { return node(url).map(Self::Standalone) };
        if let Some(scheme) = scheme.strip_suffix("+sentinel") {
            Self::sentinel(scheme, &UrlParts::split(rest, SENTINEL_FORM)?)
        } else if let Some(scheme) = scheme.strip_suffix("+cluster") {
            Self::cluster(scheme, &UrlParts::split(rest, CLUSTER_FORM)?)
        } else {
            node(url).map(Self::Standalone)
        }
    }

    fn sentinel(scheme: &str, parts: &UrlParts<'_>) -> Result<Self, UrlError> {
        let (service, database) = parts.path.split_once('/').unwrap_or((parts.path, ""));
        if service.is_empty() {
            return Err(UrlError::ServiceMissing { form: SENTINEL_FORM });
        }
        let master = node(&format!("{scheme}://{}{}/{database}", parts.login, parts.hosts[0]))?;
        let sentinel = |host: &&str| node(&format!("{scheme}://{}", with_port(host, SENTINEL_PORT)));
        let sentinels = parts.hosts.iter().map(sentinel).collect::<Result<_, _>>()?;
        Ok(Self::Sentinel { sentinels, service: service.to_owned(), master })
    }

    fn cluster(scheme: &str, parts: &UrlParts<'_>) -> Result<Self, UrlError> {
        if !matches!(parts.path, "" | "0") {
            return Err(UrlError::ClusterDatabase { form: CLUSTER_FORM });
        }
        let seed = |host: &&str| node(&format!("{scheme}://{}{host}", parts.login));
        Ok(Self::Cluster { seeds: parts.hosts.iter().map(seed).collect::<Result<_, _>>()? })
    }
}

/// Shows the addresses only, so that the text may be logged.
impl Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list =
            |nodes: &[ConnectionInfo]| nodes.iter().map(|node| node.addr().to_string()).collect::<Vec<_>>().join(",");
        match self {
            Self::Standalone(server) => server.addr().fmt(f),
            Self::Sentinel { sentinels, service, .. } => write!(f, "{service} of {}", list(sentinels)),
            Self::Cluster { seeds } => write!(f, "cluster of {}", list(seeds)),
        }
    }
}

pub(super) fn at(template: &ConnectionInfo, host: &str, port: u16) -> ConnectionInfo {
    let host = host.to_owned();
    let addr = match template.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        ConnectionAddr::Tcp(..) | ConnectionAddr::Unix(_) | _ => ConnectionAddr::Tcp(host, port),
    };
    template.clone().set_addr(addr)
}

/// Returns the sentinel with the master's credentials, for sentinels that require authentication.
pub(super) fn logged_in(sentinel: &ConnectionInfo, master: &ConnectionInfo) -> ConnectionInfo {
    let (from, mut login) = (master.redis_settings(), RedisConnectionInfo::default());
    if let Some(username) = from.username() {
        login = login.set_username(username);
    }
    if let Some(password) = from.password() {
        login = login.set_password(password);
    }
    sentinel.clone().set_redis_settings(login)
}

/// The parts of a URL after `://`.
struct UrlParts<'a> {
    /// `user:password@`, or an empty string.
    login: &'a str,
    /// At least one host, with or without a port.
    hosts: Vec<&'a str>,
    path: &'a str,
}

impl<'a> UrlParts<'a> {
    fn split(rest: &'a str, form: &'static str) -> Result<Self, UrlError> {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let hosts: Vec<_> = hosts.split(',').collect();
        if hosts.iter().any(|host| host.is_empty()) {
            return Err(UrlError::HostMissing { form });
        }
        if rest.contains(['?', '#']) {
            return Err(UrlError::Parameters { form });
        }
        Ok(Self { login, hosts, path: path.trim_end_matches('/') })
    }
}

/// Parses the URL of one server.
fn node(url: &str) -> Result<ConnectionInfo, UrlError> {
    if redis::parse_redis_url(url).is_none() {
        return Err(UrlError::Scheme);
    }
    match url.into_connection_info().map_err(UrlError::Malformed)? {
        node if matches!(node.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) => Err(UrlError::Insecure),
        node => Ok(node),
    }
}

fn with_port(host: &str, port: u16) -> String {
    let after_address = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    if after_address.contains(':') { host.to_owned() } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        Topology::parse(url).unwrap().to_string()
    }

    #[test]
    fn every_form_names_its_servers() {
        assert_eq!(shown("redis://127.0.0.1"), "127.0.0.1:6379");
        assert_eq!(shown("rediss://u:p@redis.example:6390/3"), "redis.example:6390");
        assert_eq!(shown("unix:/run/redis.sock"), "/run/redis.sock");
        assert_eq!(shown("redis+sentinel://a,b:1,[::1]:2/comments"), "comments of a:26379,b:1,::1:2");
        assert_eq!(shown("redis+cluster://u:p@a:7000,b,c:7002"), "cluster of a:7000,b:6379,c:7002");
    }

    #[test]
    fn credentials_and_database_are_the_masters() {
        let topology = Topology::parse("rediss+sentinel://u:p%40ss@a,b/comments/2").unwrap();
        let Topology::Sentinel { sentinels, service, master } = topology else { panic!("{topology}") };
        let login = master.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("u"), Some("p@ss"), 2));
        assert_eq!((service.as_str(), sentinels[0].redis_settings().password()), ("comments", None));
        assert_eq!(logged_in(&sentinels[0], &master).redis_settings().password(), Some("p@ss"));
        assert!(matches!(at(&master, "h", 7).addr(), ConnectionAddr::TcpTls { host, port: 7, .. } if host == "h"));
    }

    #[test]
    fn the_error_of_a_malformed_url_names_the_problem_and_never_the_password() {
        for (url, expected) in [
            ("", "begins with"),
            ("u:secret@localhost", "begins with"),
            ("http://u:secret@localhost", "begins with"),
            ("http+cluster://u:secret@localhost", "begins with"),
            ("redis://u:secret@", ""),
            ("redis://u:secret@localhost/x", "database"),
            ("rediss://u:secret@localhost/#insecure", "always checked"),
            ("redis+sentinel://u:secret@a,b", "service is missing"),
            ("redis+sentinel://u:secret@a,b/", "service is missing"),
            ("redis+sentinel://u:secret@a,b/s/x", "database"),
            ("redis+sentinel://u:secret@a,,b/s", "host is missing"),
            ("redis+sentinel://u:secret@a:x/s", ""),
            ("redis+cluster://u:secret@", "host is missing"),
            ("redis+cluster://u:secret@a/1", "no databases"),
            ("redis+cluster://u:secret@a?x=1", "no parameters"),
            ("redis+cluster://u:sec?secret@a", "%3F"),
        ] {
            let error = Topology::parse(url).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("secret"), "{url}: {error}");
        }
    }
}

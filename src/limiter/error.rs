//! Why there is no use in Redis.

use std::time::Duration;

use redis::RedisError;

/// Why a URL names no Redis. Never holds the URL, which may have a password.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum UrlError {
    #[error("this is no Redis URL: it begins with redis://, rediss://, unix:, redis+sentinel:// or redis+cluster://")]
    Scheme,
    /// As the library says it: its messages name what is wrong and never repeat the URL.
    #[error("{0}")]
    Malformed(RedisError),
    #[error("a host is missing: {form}")]
    HostMissing { form: &'static str },
    #[error("it takes no parameters, and `?` and `#` in a password are written %3F and %23: {form}")]
    Parameters { form: &'static str },
    #[error("the sentinels' name for the service is missing: {form}")]
    ServiceMissing { form: &'static str },
    #[error("a cluster has no databases to choose from: {form}")]
    ClusterDatabase { form: &'static str },
    #[error("certificates are always checked: `#insecure` is not taken")]
    Insecure,
}

/// Why Redis cannot be used now, without secrets.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Unreachable {
    #[error("{0}")]
    Redis(RedisError),
    #[error("{address}: {error}")]
    Server { address: String, error: RedisError },
    #[error("no answer in time")]
    TimedOut,
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
    #[error("no server was asked")]
    NobodyAsked,
    #[error("the sentinels know no service `{0}`")]
    UnknownService(String),
    #[error("some slots of the cluster have no master")]
    SlotsWithoutMaster,
    #[error("{address} has hardly any slots")]
    HardlyAnySlots { address: String },
    /// `servers` are addresses only.
    #[error("{servers}: {problem}")]
    Of { servers: String, problem: Box<Self> },
}

impl From<RedisError> for Unreachable {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

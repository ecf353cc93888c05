//! Errors of the shared tier: malformed URLs, and the reasons why Redis cannot be used.

use std::time::Duration;

use redis::RedisError;

/// The reason why a URL does not name a Redis deployment. It never contains the URL, which may have a password.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum UrlError {
    #[error(
        "not a Redis URL: such a URL begins with redis://, rediss://, unix:, redis+sentinel:// or redis+cluster://"
    )]
    Scheme,
    /// The library's error. Its messages name the problem and never repeat the URL.
    #[error("{0}")]
    Malformed(RedisError),
    #[error("a host is missing: {form}")]
    HostMissing { form: &'static str },
    #[error("the URL must have no parameters, and `?` and `#` in a password must be written as %3F and %23: {form}")]
    Parameters { form: &'static str },
    #[error("the sentinels' name for the service is missing: {form}")]
    ServiceMissing { form: &'static str },
    #[error("a cluster has no databases to choose from: {form}")]
    ClusterDatabase { form: &'static str },
    #[error("`#insecure` is not supported: certificates are always checked")]
    Insecure,
}

/// The reason why Redis cannot be used now. It never contains secrets.
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
    NoServerAsked,
    #[error("the sentinels know no service `{0}`")]
    UnknownService(String),
    #[error("some slots of the cluster have no master")]
    SlotsWithoutMaster,
    #[error("{address} has too few slots to find a key for its probe")]
    TooFewSlots { address: String },
    /// A problem of any of these servers, which are named by their addresses only.
    #[error("{servers}: {problem}")]
    Of { servers: String, problem: Box<Self> },
}

impl From<RedisError> for Unreachable {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

//! The limit on open file descriptors, and how the listeners share it.

/// Descriptors reserved for the database, Redis, files, and connections that are about to be closed.
const RESERVE: usize = 192;

/// Maximum number of connections, even if the limit is higher. A portal keeps only a few connections open, so these
/// numbers only limit abuse.
const MOST_GRPC: usize = 4_096;
const MOST_HTTP: usize = 256;

/// Maximum number of concurrent connections of each listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    pub grpc: usize,
    pub http: usize,
}

impl Connections {
    /// Computes the limits for a process with this number of descriptors. With very few descriptors, the listeners
    /// still get a minimum, and accepting may have to wait.
    pub fn within(descriptors: usize) -> Self {
        let http = (descriptors / 16).clamp(16, MOST_HTTP);
        Self { grpc: descriptors.saturating_sub(RESERVE + http).clamp(64, MOST_GRPC), http }
    }
}

/// Raises the limit of this process as far as the system permits.
#[cfg(unix)]
pub fn raise() -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return usize::MAX };
    let raised = soft >= hard || setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    usize::try_from(if raised { hard.max(soft) } else { soft }).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listeners_leave_descriptors_for_the_rest() {
        assert_eq!(Connections::within(1_048_576), Connections { grpc: 4_096, http: 256 });
        assert_eq!(Connections::within(1_024), Connections { grpc: 768, http: 64 });
        for descriptors in 512..8_192 {
            let Connections { grpc, http } = Connections::within(descriptors);
            assert!(grpc + http + RESERVE <= descriptors, "{descriptors}");
        }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_the_system_permits() {
        let limit = raise();
        assert!(limit > 0);
        assert_eq!(raise(), limit);
    }
}

//! Limits on concurrent expensive calls: in total, of one site and of one token.

use std::{sync::Arc, time::Duration};

use crate::domain::{
    Error, Result,
    access::Caller,
    permits::{Permit, Permits, Shares},
};

/// The class of an expensive call; each class has limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Cost {
    /// Reads thousands of a site's comments into memory and takes a core for a second.
    Past,
    /// Counts or exports much of a site's data, piece by piece.
    Report,
    /// Looks at comments that no index finds, or assesses a text.
    Search,
}

/// Retry-after of a denied call. A permit becomes free when another call ends.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Cost {
    const fn shares(self) -> Shares {
        match self {
            Self::Past => Shares { all: 4, site: 2, token: 1 },
            Self::Report => Shares { all: 16, site: 8, token: 2 },
            Self::Search => Shares { all: 32, site: 16, token: 4 },
        }
    }
}

/// The result of an expensive call with its permit. The permit is held until the result is converted, because
/// building a large response takes memory and a core, too.
#[must_use]
pub struct Expensive<T> {
    result: T,
    permit: Option<Permit>,
}

impl<T> Expensive<T> {
    /// Combines a result with its permit: `None` for a call that turned out to be cheap.
    pub(in crate::service) const fn new(result: T, permit: Option<Permit>) -> Self {
        Self { result, permit }
    }

    /// Converts the result, then releases the permit.
    pub fn convert<R>(self, convert: impl FnOnce(T) -> R) -> R {
        let Self { result, permit } = self;
        let converted = convert(result);
        drop(permit);
        converted
    }
}

/// The expensive calls of this process.
#[derive(Debug, Default)]
pub(in crate::service) struct ConcurrencyLimits {
    past: Arc<Permits>,
    report: Arc<Permits>,
    search: Arc<Permits>,
}

impl ConcurrencyLimits {
    /// Takes a permit for an expensive call. Dropping it releases it.
    ///
    /// # Errors
    /// `Overloaded` when no permit is left for the process, the caller's site or the caller's token.
    pub(in crate::service) fn take(&self, caller: &Arc<Caller>, cost: Cost) -> Result<Permit> {
        let permits = match cost {
            Cost::Past => &self.past,
            Cost::Report => &self.report,
            Cost::Search => &self.search,
        };
        let full = || Error::Overloaded { what: "expensive calls", retry_after: RETRY_AFTER };
        permits.take(caller, cost.shares()).ok_or_else(full)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{access::Role, id::SiteId};

    #[test]
    fn a_call_keeps_its_permit_until_its_response_is_built() {
        let limits = ConcurrencyLimits::default();
        let site = SiteId::parse("default").unwrap();
        let caller = Arc::new(Caller { token: Uuid::nil(), site, name: "test".into(), role: Role::Moderator });
        let is_free = || limits.take(&caller, Cost::Past).is_ok();
        let call = Expensive::new(7, limits.take(&caller, Cost::Past).ok());
        assert!(!is_free());
        let response = call.convert(|result| (result, is_free()));
        assert_eq!((response, is_free()), ((7, false), true));
    }
}

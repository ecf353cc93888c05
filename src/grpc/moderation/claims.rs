//! `ClaimNext` and `ReleaseClaims`.

use chrono::TimeDelta;
use duyet_proto::v1;

use super::{
    ModerationGrpc,
    filter::{from_queue_order, queue_filter},
};
use crate::{
    domain::{
        Result,
        claim::{LEASE_SECONDS, MAX_CLAIMS, MAX_LEASE_SECONDS},
        decision::MAX_ITEMS,
        id::CommentId,
        lifecycle::Status,
        queue::QueueOrder,
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::{
            case::to_case,
            values::{optional, to_time},
        },
    },
    service::ClaimNextRequest,
};

impl ModerationGrpc {
    pub(super) async fn claim_next(&self, call: &Call, request: v1::ClaimNextRequest) -> Result<v1::ClaimNextResponse> {
        let claimed = self.moderation.claim_next(&call.caller, &claim_request(request)?, call.now).await?;
        Ok(v1::ClaimNextResponse {
            cases: claimed.cases.into_iter().map(|case| to_case(case, call.locale)).collect(),
            lease_expires_at: Some(to_time(claimed.until)),
            renewed: claimed.renewed.iter().map(ToString::to_string).collect(),
        })
    }

    pub(super) async fn release_claims(
        &self,
        call: &Call,
        request: &v1::ReleaseClaimsRequest,
    ) -> Result<v1::ReleaseClaimsResponse> {
        let mut violations = Violations::default();
        let ids = comment_ids(&request.comment_ids, MAX_ITEMS, "comment_ids", &mut violations);
        violations.into_result()?;
        let released = self.moderation.release_claims(&call.caller, &ids, call.now).await?;
        Ok(v1::ReleaseClaimsResponse { released: i32::try_from(released).unwrap_or(i32::MAX) })
    }
}

fn claim_request(request: v1::ClaimNextRequest) -> Result<ClaimNextRequest> {
    let mut violations = Violations::default();
    let filter = queue_filter(request.filter.unwrap_or_default(), &mut violations);
    // Only pending comments can be claimed.
    if !matches!(filter.status[..], [] | [Status::Pending]) {
        violations.add("filter.status", Problem::OutOfRange);
    }
    let order = optional(request.order, from_queue_order, "order", &mut violations).unwrap_or(QueueOrder::Oldest);
    let count = usize::try_from(request.limit).ok().filter(|count| *count <= MAX_CLAIMS);
    let count = violations.take("limit", count, Problem::OutOfRange);
    let lease = match request.lease {
        None => Some(TimeDelta::seconds(LEASE_SECONDS)),
        Some(asked) => violations.take("lease", lease(asked), Problem::OutOfRange),
    };
    let renew = comment_ids(&request.renew, MAX_CLAIMS, "renew", &mut violations);
    violations.into_result()?;
    // Both values are present here: a missing one was reported as a violation above.
    let (count, lease) = (count.unwrap_or_default(), lease.unwrap_or_default());
    Ok(ClaimNextRequest { filter, order, count, lease, renew })
}

/// Parses the lease, which must be between one second and the maximum, in whole microseconds because that is the
/// precision of stored times.
fn lease(asked: prost_types::Duration) -> Option<TimeDelta> {
    let nanos = u32::try_from(asked.nanos).ok()?;
    let lease = TimeDelta::new(asked.seconds, nanos / 1_000 * 1_000)?;
    (TimeDelta::seconds(1)..=TimeDelta::seconds(MAX_LEASE_SECONDS)).contains(&lease).then_some(lease)
}

/// Parses at most `most` ids and removes duplicates, keeping their order.
fn comment_ids(ids: &[String], most: usize, field: &'static str, violations: &mut Violations) -> Vec<CommentId> {
    if ids.len() > most {
        violations.add(field, Problem::TooMany { limit: most });
        return vec![];
    }
    let mut seen = std::collections::HashSet::new();
    let known: Vec<_> = ids.iter().map_while(|id| CommentId::parse(id)).collect();
    if known.len() < ids.len() {
        violations.add(field, Problem::NotAUuid);
    }
    known.into_iter().filter(|id| seen.insert(*id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lasts_a_second_to_ten_minutes() {
        let lease = |seconds, nanos| lease(prost_types::Duration { seconds, nanos });
        assert_eq!(lease(1, 0), Some(TimeDelta::seconds(1)));
        assert_eq!(lease(600, 0), Some(TimeDelta::minutes(10)));
        for (seconds, nanos) in [(0, 999_999_999), (600, 1_000), (-5, 0), (5, -1), (i64::MAX, 0), (2, i32::MAX)] {
            assert_eq!(lease(seconds, nanos), None, "{seconds} {nanos}");
        }
    }

    #[test]
    fn all_violations_are_reported_at_once() {
        let request = v1::ClaimNextRequest {
            filter: Some(v1::QueueFilter { status: vec![v1::CommentStatus::Approved.into()], ..Default::default() }),
            limit: 51,
            lease: Some(prost_types::Duration { seconds: 601, nanos: 0 }),
            order: 99,
            renew: vec!["x".into()],
        };
        let Err(crate::domain::Error::Invalid(violations)) = claim_request(request) else {
            panic!("the invalid request was accepted")
        };
        assert_eq!(violations.fields(), ["filter.status", "order", "limit", "lease", "renew"]);
    }
}

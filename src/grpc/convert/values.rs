//! Conversion of simple values between the domain and protobuf.

use chrono::{DateTime, TimeDelta, Utc};
use duyet_proto::v1;
use prost_types::{Duration, Timestamp};

use crate::domain::{
    ban::{BanEffect, BanKind},
    comment::TakedownKind,
    lifecycle::{Action, Status},
    mode::Mode,
    reason::Reason,
    spam::{SpamVerdict, TermState, TermTier},
    violation::{Problem, Violations},
};

/// Declares the conversions between a domain enum and its protobuf enum.
macro_rules! wire_enum {
    ($to:ident, $from:ident, $domain:ident, $wire:ident { $($one:ident = $other:ident,)+ }) => {
        pub(in crate::grpc) const fn $to(value: $domain) -> v1::$wire {
            match value { $($domain::$one => v1::$wire::$other,)+ }
        }

        /// Returns `None` for UNSPECIFIED and for numbers that this version does not know.
        pub(in crate::grpc) fn $from(number: i32) -> Option<$domain> {
            match v1::$wire::try_from(number).ok()? {
                $(v1::$wire::$other => Some($domain::$one),)+
                v1::$wire::Unspecified => None,
            }
        }
    };
}

wire_enum!(to_status, from_status, Status, CommentStatus {
    Pending = Pending, Approved = Approved, Rejected = Rejected, Spam = Spam, Removed = Removed, Erased = Erased,
});

wire_enum!(to_mode, from_mode, Mode, Mode { Pre = Pre, Post = Post, Hybrid = Hybrid, Closed = Closed, Hidden = Hidden, });

wire_enum!(to_reason, from_reason, Reason, Reason {
    OffTopic = OffTopic, Insult = Insult, Hate = Hate, SpamAd = SpamAd, PersonalData = PersonalData, FalseInfo = FalseInfo,
    Illegal = Illegal, Language = Language, Duplicate = Duplicate, Expired = Expired, Other = Other,
});

wire_enum!(to_ban_kind, from_ban_kind, BanKind, BanSubject {
    Device = Device, IpPrefix = IpPrefix, Fingerprint = Fingerprint, Author = Author,
});

wire_enum!(to_ban_effect, from_ban_effect, BanEffect, BanEffect { Hold = Hold, Block = Block, });

wire_enum!(to_term_tier, from_term_tier, TermTier, TermTier { Exact = Exact, Stripped = Stripped, Teencode = Teencode, });

wire_enum!(to_term_state, from_term_state, TermState, TermState { Off = Off, Shadow = Shadow, Enforce = Enforce, });

/// Converts a verdict. Only responses contain one.
pub(in crate::grpc) const fn to_verdict(verdict: SpamVerdict) -> v1::Verdict {
    match verdict {
        SpamVerdict::Publish => v1::Verdict::Publish,
        SpamVerdict::Hold => v1::Verdict::Hold,
        SpamVerdict::Spam => v1::Verdict::Spam,
    }
}

wire_enum!(to_takedown_kind, from_takedown_kind, TakedownKind, TakedownKind {
    Authority = Authority, Complaint = Complaint,
});

/// Converts an action. Only requests contain one.
pub(in crate::grpc) fn from_action(number: i32) -> Option<Action> {
    match v1::Action::try_from(number).ok()? {
        v1::Action::Approve => Some(Action::Approve),
        v1::Action::Reject => Some(Action::Reject),
        v1::Action::Spam => Some(Action::Spam),
        v1::Action::Requeue => Some(Action::Requeue),
        v1::Action::Unspecified => None,
    }
}

/// Parses a required enum, or reports a violation when it is missing or unknown.
pub(in crate::grpc) fn required<T>(
    number: i32,
    from: impl Fn(i32) -> Option<T>,
    field: &'static str,
    violations: &mut Violations,
) -> Option<T> {
    let problem = if number == 0 { Problem::Required } else { Problem::UnknownValue };
    violations.take(field, from(number), problem)
}

/// Parses an optional enum. Reports a violation when the number is unknown; 0 means unspecified.
pub(in crate::grpc) fn optional<T>(
    number: i32,
    from: impl Fn(i32) -> Option<T>,
    field: &'static str,
    violations: &mut Violations,
) -> Option<T> {
    if number == 0 { None } else { violations.take(field, from(number), Problem::UnknownValue) }
}

pub(in crate::grpc) fn to_time(at: DateTime<Utc>) -> Timestamp {
    // The nanoseconds within a second always fit.
    Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default() }
}

pub(in crate::grpc) fn to_duration(delta: TimeDelta) -> Duration {
    Duration { seconds: delta.num_seconds(), nanos: delta.subsec_nanos() }
}

/// Parses an optional time, truncated to microseconds. Reports a violation of `field` for a time outside the years 1970
/// to 9999.
pub(in crate::grpc) fn from_time(
    time: Option<Timestamp>,
    field: &'static str,
    violations: &mut Violations,
) -> Option<DateTime<Utc>> {
    let time = time?;
    let nanos = u32::try_from(time.nanos).ok();
    let at = nanos.and_then(|nanos| DateTime::from_timestamp(time.seconds, nanos / 1_000 * 1_000));
    // Both databases can store these years.
    let sane = at.filter(|at| (1970..=9999).contains(&chrono::Datelike::year(at)));
    violations.take(field, sane, Problem::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_enum_survives_a_round_trip() {
        for status in Status::ALL {
            assert_eq!(from_status(to_status(*status) as i32), Some(*status));
        }
        for mode in Mode::ALL {
            assert_eq!(from_mode(to_mode(*mode) as i32), Some(*mode));
        }
        for reason in Reason::ALL {
            assert_eq!(from_reason(to_reason(*reason) as i32), Some(*reason));
        }
        for kind in BanKind::ALL {
            assert_eq!(from_ban_kind(to_ban_kind(*kind) as i32), Some(*kind));
        }
        for effect in BanEffect::ALL {
            assert_eq!(from_ban_effect(to_ban_effect(*effect) as i32), Some(*effect));
        }
        for tier in TermTier::ALL {
            assert_eq!(from_term_tier(to_term_tier(*tier) as i32), Some(*tier));
        }
        for state in TermState::ALL {
            assert_eq!(from_term_state(to_term_state(*state) as i32), Some(*state));
        }
        for kind in TakedownKind::ALL {
            assert_eq!(from_takedown_kind(to_takedown_kind(*kind) as i32), Some(*kind));
        }
    }

    #[test]
    fn names_on_the_wire_are_the_domains_names() {
        for status in Status::ALL {
            assert_eq!(to_status(*status).as_str_name(), format!("COMMENT_STATUS_{status}"));
        }
        for action in 1..=4 {
            let name = v1::Action::try_from(action).unwrap().as_str_name();
            assert_eq!(name, format!("ACTION_{}", from_action(action).unwrap()));
        }
    }

    #[test]
    fn times_out_of_range_are_violations() {
        let mut violations = Violations::default();
        for (seconds, nanos) in [(i64::MAX, 0), (0, -1), (0, 2_000_000_000)] {
            assert_eq!(from_time(Some(Timestamp { seconds, nanos }), "since", &mut violations), None);
        }
        assert_eq!(violations.fields().len(), 3);
    }
}

//! Times on the command line: a point in time (`2026-05-01`, `2026-05-01T08:00:00+07:00`), a span (`30m`, `12h`, `7d`,
//! `2w`), or either of them in the past.

use std::str::FromStr;

use chrono::{DateTime, Local, NaiveDate, NaiveTime, TimeDelta, Utc};
use prost_types::Timestamp;

const POINTS: &str = "2026-05-01, 2026-05-01T08:00:00+07:00";
const SPANS: &str = "30m, 12h, 7d, 2w";

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point(DateTime<Utc>);

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(TimeDelta);

/// A point in time, absolute or as a span before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    At(Point),
    Ago(Span),
}

impl Moment {
    pub(super) fn resolve(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(Point(at)) => at,
            Self::Ago(Span(ago)) => now.checked_sub_signed(ago).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

/// Returns a future time from a point, or from a span counted from now. `None` if the time has passed.
pub(super) fn ahead(point: Option<Point>, span: Option<Span>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let at = point.map(|Point(at)| at).or_else(|| now.checked_add_signed(span?.0))?;
    Some(at).filter(|at| *at > now)
}

/// Converts a time of the API. `None` if it is absent or out of range.
pub(super) fn time(timestamp: Option<&Timestamp>) -> Option<DateTime<Utc>> {
    let timestamp = timestamp?;
    DateTime::from_timestamp(timestamp.seconds, u32::try_from(timestamp.nanos).ok()?)
}

/// Converts a time to that of the API, in whole seconds.
pub(super) fn stamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: at.timestamp(), nanos: 0 }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(at.to_utc()));
        }
        let day = text.parse::<NaiveDate>().map_err(|_| POINTS.to_owned())?;
        // A clock change can repeat midnight (then the earlier one is used) or skip it (then the day is invalid).
        let midnight = day.and_time(NaiveTime::MIN).and_local_timezone(Local).earliest();
        midnight.map(|at| Self(at.to_utc())).ok_or_else(|| POINTS.to_owned())
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span = || {
            let unit = text.chars().last()?;
            let count = text[..text.len() - unit.len_utf8()].parse::<u32>().ok()?.into();
            match unit {
                'm' => TimeDelta::try_minutes(count),
                'h' => TimeDelta::try_hours(count),
                'd' => TimeDelta::try_days(count),
                'w' => TimeDelta::try_weeks(count),
                _ => None,
            }
        };
        span().map(Self).ok_or_else(|| SPANS.to_owned())
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span = text.parse().map(Self::Ago);
        span.or_else(|_| text.parse().map(Self::At)).map_err(|_: String| format!("{POINTS}, {SPANS}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000, 0).unwrap()
    }

    #[test]
    fn a_time_is_absolute_or_a_span_before_now() {
        let resolve = |text: &str| text.parse::<Moment>().unwrap().resolve(now()).timestamp();
        assert_eq!(resolve("1970-01-01T07:00:10+07:00"), 10);
        assert_eq!(resolve("2h"), 1_000_000 - 7200);
        assert_eq!(resolve("1w"), 1_000_000 - 7 * 86_400);
        assert!("2026-05-01".parse::<Moment>().is_ok());
    }

    #[test]
    fn a_future_time_is_absolute_or_a_span_after_now() {
        let span = |text: &str| ahead(None, Some(text.parse().unwrap()), now()).map(|at| at.timestamp());
        assert_eq!(span("2h"), Some(1_000_000 + 7200));
        assert_eq!(span("0m"), None);
        let point = |text: &str| ahead(Some(text.parse().unwrap()), None, now()).is_some();
        assert!(point("2026-12-01") && point("1970-01-13T00:00:00Z") && !point("1970-01-02"));
    }

    #[test]
    fn other_text_is_invalid() {
        for text in ["", "yesterday", "7", "d", "7ngày", "-1d", "2026-13-01", "9999999999w"] {
            assert!(text.parse::<Moment>().is_err() && text.parse::<Span>().is_err(), "{text}");
        }
        assert!("7d".parse::<Point>().is_err());
    }
}

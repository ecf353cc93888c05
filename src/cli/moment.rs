//! A time on the command line: `2026-05-01`, `2026-05-01T08:00:00+07:00`, or how long ago: `30m`, `12h`, `7d`.

use std::str::FromStr;

use chrono::{DateTime, Local, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A point in time, perhaps counted back from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    At(DateTime<Utc>),
    Ago(TimeDelta),
}

impl Moment {
    pub(super) fn resolve(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now.checked_sub_signed(ago).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at.to_utc()));
        }
        if let Ok(day) = text.parse::<NaiveDate>() {
            // The earliest of two midnights, where a clock change makes two.
            let midnight = day.and_time(NaiveTime::MIN).and_local_timezone(Local).earliest();
            return midnight.map(|at| Self::At(at.to_utc())).ok_or("this day has no midnight here");
        }
        ago(text).map(Self::Ago).ok_or("2026-05-01, 2026-05-01T08:00:00+07:00, 30m, 12h, 7d")
    }
}

fn ago(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let count = text[..text.len() - unit.len_utf8()].parse::<u32>().ok()?.into();
    match unit {
        'm' => TimeDelta::try_minutes(count),
        'h' => TimeDelta::try_hours(count),
        'd' => TimeDelta::try_days(count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_absolute_or_counted_back() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let resolve = |text: &str| text.parse::<Moment>().unwrap().resolve(now).timestamp();
        assert_eq!(resolve("1970-01-01T07:00:10+07:00"), 10);
        assert_eq!(resolve("2h"), 1_000_000 - 7200);
        assert_eq!(resolve("1d"), 1_000_000 - 86_400);
        assert!("2026-05-01".parse::<Moment>().is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "yesterday", "7", "d", "7ngày", "-1d", "2026-13-01"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}

//! The portal's access to the clock, and times in the format that readers in Vietnam expect.

use chrono::{DateTime, Datelike as _, FixedOffset, TimeDelta, Utc};

/// Vietnam has had one time zone without daylight saving time since 1975.
const VIETNAM: Option<FixedOffset> = FixedOffset::east_opt(7 * 3600);

#[expect(clippy::disallowed_methods, reason = "the only access to the clock")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Formats a time as `14/07/2026 09:30`.
pub(crate) fn absolute(at: DateTime<Utc>) -> String {
    in_vietnam(at).format("%d/%m/%Y %H:%M").to_string()
}

/// Formats the age of a time within the last day, and older times as dates.
pub(crate) fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let age = now - at;
    if age < TimeDelta::minutes(1) {
        "vừa xong".to_owned()
    } else if age < TimeDelta::hours(1) {
        format!("{} phút trước", age.num_minutes())
    } else if age < TimeDelta::days(1) {
        format!("{} giờ trước", age.num_hours())
    } else {
        absolute(at)
    }
}

/// Formats a date as `Thứ Hai, 23/11/2026`, for the masthead.
pub(crate) fn date_line(at: DateTime<Utc>) -> String {
    const DAYS: [&str; 7] = ["Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"];
    let at = in_vietnam(at);
    let day = DAYS.get(at.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
    format!("{day}, {}", at.format("%d/%m/%Y"))
}

/// Converts a time of the API. `None` outside chrono's range.
pub(crate) fn from_wire(at: Option<prost_types::Timestamp>) -> Option<DateTime<Utc>> {
    let at = at?;
    DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?)
}

/// Converts the milliseconds of the form to a time of the API.
pub(crate) fn to_wire(millis: i64) -> prost_types::Timestamp {
    let nanos = i32::try_from(millis.rem_euclid(1000) * 1_000_000).unwrap_or_default();
    prost_types::Timestamp { seconds: millis.div_euclid(1000), nanos }
}

fn in_vietnam(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    match VIETNAM {
        Some(vietnam) => at.with_timezone(&vietnam),
        None => at.fixed_offset(),
    }
}

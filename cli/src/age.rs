//! Lengths of time in words, in the largest unit that fits.

use chrono::{DateTime, TimeDelta, Utc};

use duyet_locale::Locale;

/// Formats a length of time.
pub(super) fn span(span: TimeDelta, locale: Locale) -> String {
    let (key, count) = match (span.num_days(), span.num_hours(), span.num_minutes()) {
        (days @ 1.., ..) => ("cli-age-days", days),
        (_, hours @ 1.., _) => ("cli-age-hours", hours),
        // Clocks differ: a comment may seem to come from the near future.
        (.., minutes) => ("cli-age-minutes", minutes.max(0)),
    };
    locale.text_with(key, &[("count", count.into())])
}

/// Formats the time since a moment.
pub(super) fn since(at: DateTime<Utc>, locale: Locale, now: DateTime<Utc>) -> String {
    span(now.signed_duration_since(at), locale)
}

/// Formats the time until a deadline, or since the deadline passed.
pub(super) fn until(at: DateTime<Utc>, locale: Locale, now: DateTime<Utc>) -> String {
    let left = at.signed_duration_since(now);
    let (key, time) = if left < TimeDelta::zero() { ("cli-overdue", -left) } else { ("cli-left", left) };
    locale.text_with(key, &[("time", span(time, locale).into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_use_the_greatest_unit_that_fits() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let age_of = |seconds: i64| since(now - TimeDelta::seconds(seconds), Locale::En, now);
        assert_eq!([age_of(-30), age_of(59), age_of(60)], ["0 min", "0 min", "1 min"]);
        assert_eq!([age_of(7_199), age_of(86_399), age_of(200_000)], ["1 h", "23 h", "2 d"]);
    }

    #[test]
    fn a_deadline_is_left_or_overdue() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let due_in = |hours: i64| until(now + TimeDelta::hours(hours), Locale::En, now);
        assert_eq!([due_in(3), due_in(-50)], ["3 h left", "2 d overdue"]);
    }
}

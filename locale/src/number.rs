//! Numbers as each language writes them: `1.234,5` in Vietnamese, `1,234.5` in English. Output for programs does not
//! use this module.

use fluent_bundle::FluentValue;

use super::Locale;

impl Locale {
    /// Formats a whole number with separators between thousands.
    pub fn integer(self, number: impl Into<i64>) -> String {
        let number = number.into();
        let (separator, _) = self.separators();
        let digits = number.unsigned_abs().to_string();
        let mut grouped = String::from(if number < 0 { "-" } else { "" });
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// Formats a number with this many digits after the decimal separator.
    pub fn decimal(self, number: f64, places: usize) -> String {
        let (_, point) = self.separators();
        let plain = format!("{:.places$}", number.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        // A number beyond the range of integers is shown without separators.
        let grouped = whole.parse::<i64>().map_or_else(|_| whole.to_owned(), |number| self.integer(number));
        let sign = if number.is_sign_negative() { "-" } else { "" };
        if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}{point}{fraction}") }
    }

    /// Formats a number as [`Locale::decimal`] does, with a sign also where it is positive.
    pub fn signed(self, number: f64, places: usize) -> String {
        let sign = if number.is_sign_negative() { "" } else { "+" };
        format!("{sign}{}", self.decimal(number, places))
    }

    /// Formats a share between 0 and 1 as a percentage, with one decimal unless that is zero.
    pub fn percent(self, share: f64) -> String {
        let tenths = (share * 1_000.0).round();
        let places = usize::from(tenths % 10.0 != 0.0);
        format!("{}%", self.decimal(tenths / 10.0, places))
    }

    /// Returns the separator of thousands and the decimal separator.
    const fn separators(self) -> (char, char) {
        match self {
            Self::Vi => ('.', ','),
            Self::En => (',', '.'),
        }
    }
}

/// Formats the numbers in Vietnamese messages.
pub(super) fn vietnamese<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    in_message(value, Locale::Vi)
}

/// Formats the numbers in English messages.
pub(super) fn english<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    in_message(value, Locale::En)
}

fn in_message(value: &FluentValue<'_>, locale: Locale) -> Option<String> {
    match value {
        // Values are made from whole numbers only; decimals are passed as text.
        FluentValue::Number(number) => number.as_string().parse::<i64>().ok().map(|whole| locale.integer(whole)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_separators() {
        let both = |format: &dyn Fn(Locale) -> String| (format(Locale::Vi), format(Locale::En));
        let pair = |vi: &str, en: &str| (vi.to_owned(), en.to_owned());
        assert_eq!(both(&|locale| locale.decimal(0.12, 2)), pair("0,12", "0.12"));
        assert_eq!(both(&|locale| locale.integer(3_000)), pair("3.000", "3,000"));
        assert_eq!(both(&|locale| locale.percent(0.95)), pair("95%", "95%"));
        assert_eq!(both(&|locale| locale.percent(0.1234)), pair("12,3%", "12.3%"));
        assert_eq!(both(&|locale| locale.decimal(1_234.56, 1)), pair("1.234,6", "1,234.6"));
    }

    #[test]
    fn thousands_are_grouped_from_the_right() {
        let numbers = [0_i64, 7, 999, 1_000, 12_345, 1_234_567, -1_000, i64::MIN];
        let expected = ["0", "7", "999", "1.000", "12.345", "1.234.567", "-1.000", "-9.223.372.036.854.775.808"];
        assert_eq!(numbers.map(|number| Locale::Vi.integer(number)), expected);
    }

    #[test]
    fn small_negative_numbers_keep_their_sign() {
        assert_eq!(Locale::Vi.decimal(-0.5, 1), "-0,5");
        assert_eq!(Locale::En.decimal(-1_000.25, 2), "-1,000.25");
        assert_eq!(Locale::En.decimal(2.0, 0), "2");
        assert_eq!([2.0, -2.0].map(|weight| Locale::Vi.signed(weight, 1)), ["+2,0", "-2,0"]);
    }

    #[test]
    fn numbers_in_messages_are_grouped_too() {
        let shown = |locale: Locale| locale.text_with("problem-too-many", &[("limit", 3_000.into())]);
        assert_eq!(shown(Locale::Vi), "Tối đa 3.000 mục.");
        assert_eq!(shown(Locale::En), "At most 3,000 items.");
    }
}

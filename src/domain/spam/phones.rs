//! Phone numbers: Vietnamese ones with 9 digits after 0 or +84, and international ones with a plus.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    finding::{Field, Finding, Rule},
    views::Views,
};

const WEIGHT: f64 = 2.0;

/// Mobile numbers start with 3, 5, 7, 8 or 9. Landline numbers start with 2 and have one digit more. Some people write
/// `o` for 0.
#[expect(clippy::expect_used, reason = "a constant pattern; the tests below compile it")]
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:\+?84|[0o])(?:[\s.\-]?[35789](?:[\s.\-]?[0-9o]){8}|[\s.\-]?2(?:[\s.\-]?[0-9o]){9})|\+[1-9](?:[\s.\-]?[0-9o]){9,13}",
    )
    .expect("a valid pattern")
});

pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let low = &views.low;
    let number = PHONE.find_iter(low).find(|number| has_no_adjacent_digit(low, number.start(), number.end()))?;
    let (start, end) = views.written(number.start(), number.end());
    Some(Finding::spanning(Rule::PhoneNumber, WEIGHT, field, text, start, end))
}

/// Checks that no digit precedes or follows the span. A longer run of digits is an account number or an amount.
fn has_no_adjacent_digit(text: &str, start: usize, end: usize) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    !digit(text[..start].chars().next_back()) && !digit(text[end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_with_any_spacing() {
        for text in [
            "0912345678",
            "gọi 0912.345.678!",
            "+84 91 234 56 78",
            "84-912-345-678",
            "024 3825 1234",
            "zalo:0 9 1 2 3 4 5 6 7 8",
            "O912 345 67O",
            "０９１２３４５６７８",
            "+1 202 555 0143",
        ] {
            assert!(find(Field::Content, text, &Views::of(text)).is_some(), "{text}");
        }
    }

    #[test]
    fn amounts_years_and_accounts_are_not_phone_numbers() {
        for text in
            ["1.500.000.000 đồng", "từ 2019-2024", "00912345678901", "số 0123", "Quyết định 0934/2024", "+5 điểm"]
        {
            assert_eq!(find(Field::Content, text, &Views::of(text)), None, "{text}");
        }
    }
}

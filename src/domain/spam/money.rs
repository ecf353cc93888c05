//! Amounts of money and percentages.

use super::{
    finding::{Field, Finding, Rule},
    patterns,
    views::Views,
};

const WEIGHT: f64 = 0.7;

pub(super) fn find(field: Field, text: &str, views: &Views) -> Option<Finding> {
    let (start, end) = patterns::money(&views.low)?;
    let (start, end) = views.written(start, end);
    Some(Finding::spanning(Rule::Money, WEIGHT, field, text, start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_found_with_their_unit() {
        for (text, amount) in [("lãi 5 TRIỆU/tháng", "5 TRIỆU"), ("chỉ 88k", "88k"), ("giảm ５０％", "５０％")]
        {
            assert_eq!(find(Field::Content, text, &Views::of(text)).unwrap().excerpt, amount);
        }
        assert_eq!(find(Field::Content, "năm 2024 có 5 người", &Views::of("năm 2024 có 5 người")), None);
    }
}

//! The spam assessment of one comment, which combines rules, form signals, terms and the model.

use super::{
    calibration::sigmoid,
    explanation,
    features::Group,
    finding::Finding,
    form_signals::{self, FormSignals},
    model::{Evidence, Model},
    reading::Reading,
    rules,
    term_set::{TermHits, TermSet},
};
use crate::domain::comment::FormText;

/// A site's model and terms. Without a ready model, only rules, form signals and terms count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Knowledge<'a> {
    pub model: Option<&'a Model>,
    pub terms: Option<&'a TermSet>,
}

/// The spam assessment of one comment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    /// Probability of spam, from 0 to 1.
    pub score: f64,
    /// Sorted by weight, greatest first. A negative weight is evidence against spam. The finding about character
    /// n-grams is always last, because it explains the least to a moderator.
    pub findings: Vec<Finding>,
    /// True when the model finds no evidence of spam in words, n-grams, hosts and phone numbers. The score then comes
    /// only from rules, form signals and the text's layout, which may hold a comment but never mark it as spam.
    pub only_meta: bool,
    /// True when an enforced term asks for a moderator's decision.
    pub holds: bool,
    /// True when an enforced term occurs with all its marks.
    pub marks_spam: bool,
}

/// Assesses a comment with all rules and the model. The function is pure: the same input gives the same score.
pub fn assess(form: &FormText, signals: &FormSignals, knowledge: &Knowledge<'_>) -> Assessment {
    assess_reading(&Reading::of(form), signals, knowledge)
}

/// Does the same as [`assess`] with a form whose text was already processed.
pub fn assess_reading(reading: &Reading<'_>, signals: &FormSignals, knowledge: &Knowledge<'_>) -> Assessment {
    let mut findings = rules::find(reading);
    let rule_logit = rules::logit(&findings);
    let mut others = form_signals::find(signals);
    let terms = knowledge.terms.map_or_else(TermHits::default, |terms| terms.find(reading));
    let beside = rules::sum(&others) + terms.weight;
    others.extend(terms.findings);
    let (holds, marks_spam) = (terms.holds, terms.marks_spam);
    let score = sigmoid(rule_logit + beside);
    let mut assessment = Assessment { score, only_meta: true, holds, marks_spam, findings: Vec::new() };
    if let Some(model) = knowledge.model.filter(|model| model.is_ready()) {
        let evidence = Evidence::with_rules(reading, rule_logit);
        let explanation = explanation::explain(model, &evidence, reading);
        assessment.score = sigmoid(model.logit(&evidence) + beside);
        assessment.only_meta = explanation.said <= 0.0;
        for finding in &mut findings {
            finding.weight *= model.rule_weight();
        }
        findings.extend(explanation.findings);
    }
    findings.extend(others);
    let is_of_grams = |finding: &Finding| finding.feature == Group::Gram.prefix();
    findings.sort_by(|a, b| is_of_grams(a).cmp(&is_of_grams(b)).then(b.weight.total_cmp(&a.weight)));
    Assessment { findings, ..assessment }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spam::{Field, Rule};

    fn form(content: &str) -> FormText {
        FormText { author_name: "Lan".into(), title: String::new(), content: content.into() }
    }

    fn score(content: &str) -> f64 {
        assess(&form(content), &FormSignals::default(), &Knowledge::default()).score
    }

    #[test]
    fn a_plain_vietnamese_comment_is_clean() {
        for clean in [
            "Bài viết rất hay, cảm ơn tác giả!",
            "Các buổi họp lớn đi đâu hết rồi?",
            "Năm 2024 giá 1.500.000 đồng/tháng",
            "Cầu dài 350m, rộng 12,5m",
        ] {
            let assessment = assess(&form(clean), &FormSignals::default(), &Knowledge::default());
            assert_eq!(assessment.findings, [], "{clean}");
            assert!((assessment.score - 0.119).abs() < 0.001);
        }
    }

    #[test]
    fn weights_of_links_and_phone_numbers_add_up() {
        assert!((score("Xem tại bao-moi.example.com") - 0.62).abs() < 0.01);
        assert!((score("Xin gọi 0912.345.678 hoặc https://a.vn") - 0.92).abs() < 0.01);
    }

    #[test]
    fn spans_are_byte_spans_of_the_field() {
        let text = "Gọi số 0912 345 678 nhé";
        let found = &assess(&form(text), &FormSignals::default(), &Knowledge::default()).findings[0];
        assert_eq!(&text[found.start..found.end], "0912 345 678");
        assert_eq!(found.field, Some(Field::Content));
    }

    #[test]
    fn the_same_rule_in_two_fields_counts_once() {
        let both = FormText { author_name: "a.vn".into(), title: "b.vn".into(), content: "c.vn".into() };
        let one = assess(&form("c.vn"), &FormSignals::default(), &Knowledge::default()).score;
        assert!((assess(&both, &FormSignals::default(), &Knowledge::default()).score - one).abs() < 1e-9);
    }

    #[test]
    fn a_hold_by_a_ban_is_a_finding_without_weight() {
        for content in ["Bài viết rất hay", "Vay nhanh gọi 0912.345.678"] {
            let signals = FormSignals { held_by_ban: true, ..FormSignals::default() };
            let held = assess(&form(content), &signals, &Knowledge::default());
            assert!((held.score - score(content)).abs() < f64::EPSILON, "{content}");
            let last = held.findings.last().unwrap();
            assert_eq!((last.rule, last.weight, last.field), (Rule::HeldByBan, 0.0, None), "sorted by weight");
        }
    }
}

//! A small honest rule set: one signal per file, joined by [`assess`]. Rules hold comments, they never refuse one alone.
//! Weights are those of the measured rule logit: link 2.5, phone 2, obfuscation 1.5, bias -2.

mod characters;
mod form;
mod links;
mod mixed_script;
mod phones;
mod repetition;
pub mod views;

use serde::{Deserialize, Serialize};

use super::comment::FormText;
pub use form::FormSignals;

named_enum! {
    /// Every rule.
    Rule {
        /// A web address or e-mail.
        Link = "LINK",
        /// A phone number.
        PhoneNumber = "PHONE_NUMBER",
        /// The same text was posted before, or one word over and over.
        RepeatedText = "REPEATED_TEXT",
        /// A word of look-alike letters from two scripts.
        MixedScript = "MIXED_SCRIPT",
        /// The field that people do not see was filled in.
        Honeypot = "HONEYPOT",
        /// The form was sent faster than people type.
        FastForm = "FAST_FORM",
        /// The challenge was asked for by another device.
        OtherDevice = "OTHER_DEVICE",
        /// A ban has its subject's submits wait. Says nothing about this one, so it weighs nothing.
        HeldByBan = "HELD_BY_BAN",
    }
}

named_enum! {
    /// The field that a finding's span refers to.
    Field {
        AuthorName = "author_name",
        Title = "title",
        Content = "content",
    }
}

/// One reason to look twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Rule,
    /// Added to the logit.
    pub weight: f64,
    /// `None` for findings about the whole submission.
    pub field: Option<Field>,
    /// Byte span in the field's stored text.
    pub start: usize,
    pub end: usize,
    /// The matched text, at most 200 characters of it.
    pub excerpt: String,
}

/// Longest excerpt, in characters: the span tells the rest, and a page of cases must fit one message.
const MAX_EXCERPT: usize = 200;

impl Finding {
    fn spanning(rule: Rule, weight: f64, field: Field, text: &str, start: usize, end: usize) -> Self {
        let excerpt = text[start..end].chars().take(MAX_EXCERPT).collect();
        Self { rule, weight, field: Some(field), start, end, excerpt }
    }

    fn whole(rule: Rule, weight: f64) -> Self {
        Self { rule, weight, field: None, start: 0, end: 0, excerpt: String::new() }
    }
}

/// The joined judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// 0 (clean) to 1 (spam).
    pub score: f64,
    /// Heaviest first.
    pub findings: Vec<Finding>,
}

/// Logit of a text without findings: 0.12 on the score's scale.
const BIAS: f64 = -2.0;

/// Runs every rule over every field. Pure: the same input gives the same score.
pub fn assess(form: &FormText, signals: &FormSignals) -> Assessment {
    let fields = [(Field::AuthorName, &form.author_name), (Field::Title, &form.title), (Field::Content, &form.content)];
    let mut findings: Vec<Finding> = fields
        .iter()
        .flat_map(|(field, text)| {
            [links::find(*field, text), phones::find(*field, text), mixed_script::find(*field, text)]
        })
        .flatten()
        .collect();
    findings.extend(repetition::find(&form.content));
    findings.extend(repetition::find_posted_before(signals.same_text));
    findings.extend(form::find(signals));
    findings.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let logit = BIAS + strongest_of_each_rule(&findings);
    Assessment { score: 1.0 / (1.0 + (-logit).exp()), findings }
}

/// A rule counts once, however many fields it fires in.
fn strongest_of_each_rule(sorted: &[Finding]) -> f64 {
    let strongest =
        |rule: &Rule| sorted.iter().find(|finding| finding.rule == *rule).map_or(0.0, |finding| finding.weight);
    Rule::ALL.iter().map(strongest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(content: &str) -> FormText {
        FormText { author_name: "Lan".into(), title: String::new(), content: content.into() }
    }

    fn score(content: &str) -> f64 {
        assess(&form(content), &FormSignals::default()).score
    }

    #[test]
    fn a_plain_vietnamese_comment_is_clean() {
        for clean in [
            "Bài viết rất hay, cảm ơn tác giả!",
            "Các buổi họp lớn đi đâu hết rồi?",
            "Năm 2024 giá 1.500.000 đồng/tháng",
            "Cầu dài 350m, rộng 12,5m",
        ] {
            let assessment = assess(&form(clean), &FormSignals::default());
            assert_eq!(assessment.findings, [], "{clean}");
            assert!((assessment.score - 0.119).abs() < 0.001);
        }
    }

    #[test]
    fn links_and_phones_add_up() {
        assert!((score("Xem tại vay-nhanh.example.com") - 0.62).abs() < 0.01);
        assert!((score("Vay nhanh gọi 0912.345.678 hoặc https://a.vn") - 0.92).abs() < 0.01);
    }

    #[test]
    fn spans_are_byte_spans_of_the_field() {
        let text = "Gọi số 0912 345 678 nhé";
        let found = &assess(&form(text), &FormSignals::default()).findings[0];
        assert_eq!(&text[found.start..found.end], "0912 345 678");
        assert_eq!(found.field, Some(Field::Content));
    }

    #[test]
    fn the_same_rule_in_two_fields_counts_once() {
        let both = FormText { author_name: "a.vn".into(), title: "b.vn".into(), content: "c.vn".into() };
        let one = assess(&form("c.vn"), &FormSignals::default()).score;
        assert!((assess(&both, &FormSignals::default()).score - one).abs() < 1e-9);
    }

    #[test]
    fn a_ban_is_told_of_and_weighs_nothing() {
        for content in ["Bài viết rất hay", "Vay nhanh gọi 0912.345.678"] {
            let signals = FormSignals { held_by_ban: true, ..FormSignals::default() };
            let held = assess(&form(content), &signals);
            assert!((held.score - score(content)).abs() < f64::EPSILON, "{content}");
            let told = held.findings.last().unwrap();
            assert_eq!((told.rule, told.weight, told.field), (Rule::HeldByBan, 0.0, None), "the lightest stands last");
        }
    }
}

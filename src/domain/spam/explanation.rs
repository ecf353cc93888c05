//! Explanation of the model's score as findings. Feature names are computed again from the comment, because the table
//! holds only hashes.

use std::collections::HashMap;

use super::{
    features::{self, Feature, Group},
    finding::{Finding, Rule},
    model::{ActiveFeature, Evidence, Model},
    reading::Reading,
};

/// Largest number of features with a separate finding. All character n-grams share one more finding.
const FEATURES: usize = 5;
/// Largest number of character n-grams that the shared finding shows.
const GRAMS: usize = 3;
/// Least contribution to the logit that is worth a finding.
const MIN_WEIGHT: f64 = 0.05;

/// An explanation of the model's score.
pub(super) struct Explanation {
    pub(super) findings: Vec<Finding>,
    /// Contribution of words, n-grams, hosts and phone numbers to the logit, without features of the whole text.
    pub(super) said: f64,
}

pub(super) fn explain(model: &Model, evidence: &Evidence, reading: &Reading<'_>) -> Explanation {
    let mut parts: Vec<(ActiveFeature, f64)> =
        evidence.entries.iter().map(|entry| (*entry, model.contribution(entry))).collect();
    let total =
        |test: fn(Group) -> bool| parts.iter().filter(|(entry, _)| test(entry.group)).map(|(_, part)| part).sum();
    let said: f64 = total(|group| group != Group::Meta);
    let all_grams: f64 = total(|group| group == Group::Gram);
    parts.sort_unstable_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    let sorted = |gram: bool| parts.iter().filter(move |(entry, _)| (entry.group == Group::Gram) == gram);
    let shown = sorted(false).take(FEATURES).filter(|(_, part)| part.abs() >= MIN_WEIGHT);
    let grams = sorted(true).filter(|(_, part)| part * all_grams > 0.0).take(GRAMS);
    let mut wanted: HashMap<u32, Finding> = HashMap::new();
    for (entry, part) in shown.chain(grams) {
        wanted.insert(entry.hash, Finding::whole(Rule::Learned, *part));
    }
    features::visit(reading, |feature| {
        if let Some(finding) = wanted.get_mut(&feature.hash).filter(|finding| finding.feature.is_empty()) {
            name(finding, &feature, reading);
        }
    });
    let (mut grams, mut findings): (Vec<_>, Vec<_>) =
        wanted.into_values().partition(|finding| finding.feature.starts_with(Group::Gram.prefix()));
    if all_grams.abs() >= MIN_WEIGHT {
        grams.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then_with(|| a.feature.cmp(&b.feature)));
        findings.push(together(&grams, all_grams));
    }
    findings.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.feature.cmp(&b.feature)));
    Explanation { findings, said }
}

fn name(finding: &mut Finding, feature: &Feature<'_>, reading: &Reading<'_>) {
    if let Some((field, start, end)) = feature.place {
        let text = reading.fields().into_iter().find(|(name, ..)| *name == field).map_or("", |(_, text, _)| text);
        *finding = Finding::spanning(Rule::Learned, finding.weight, field, text, start, end);
    }
    finding.feature = feature.full_name();
}

/// Combines character n-grams into one finding: `looks like "slo", "gac"`.
fn together(grams: &[Finding], weight: f64) -> Finding {
    let shown: Vec<&str> = grams.iter().map(|gram| gram.feature[Group::Gram.prefix().len()..].trim()).collect();
    Finding {
        excerpt: shown.join(", "),
        feature: Group::Gram.prefix().to_owned(),
        ..Finding::whole(Rule::Learned, weight)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::{
        comment::FormText,
        spam::{FormSignals, Knowledge, Model, Reading, Rule, assess, model::Evidence},
    };

    fn form(content: &str) -> FormText {
        FormText { author_name: "Lan".into(), title: String::new(), content: content.into() }
    }

    /// Trains a model from ten spam and ten other comments.
    fn trained() -> Model {
        let mut model = Model::default();
        for n in 0..10 {
            let spam = form(&format!("Vào casino số {n} nhận thưởng lớn ngay"));
            let ham = form(&format!("Bài viết số {n} rất hay, cảm ơn tác giả"));
            model.learn(&Evidence::of(&Reading::of(&spam)), true);
            model.learn(&Evidence::of(&Reading::of(&ham)), false);
        }
        model.calibrate();
        model
    }

    #[test]
    fn words_that_moved_the_score_are_findings_with_their_span() {
        let model = trained();
        let text = "Cảm ơn, tối nay casino nhé";
        let judged = assess(&form(text), &FormSignals::default(), &Knowledge { model: Some(&model), terms: None });
        let learned: Vec<_> = judged.findings.iter().filter(|finding| finding.rule == Rule::Learned).collect();
        let casino = learned.iter().find(|finding| finding.feature == "w:casino").unwrap();
        assert_eq!(&text[casino.start..casino.end], "casino");
        assert!(casino.weight > 1.0);
        let thanks =
            learned.iter().find(|finding| finding.feature == "w:cam" || finding.feature == "b:cam on").unwrap();
        assert!(thanks.weight < 0.0);
        assert!(learned.iter().filter(|finding| finding.feature == "c:").count() <= 1);
    }

    #[test]
    fn layout_alone_is_only_meta_evidence() {
        let model = trained();
        let judge =
            |text: &str| assess(&form(text), &FormSignals::default(), &Knowledge { model: Some(&model), terms: None });
        assert!(!judge("Vào casino nhận thưởng").only_meta);
        assert!(judge("Bài viết hay, xem thêm https://bao.vn 0912345678").only_meta);
        assert!(assess(&form("casino"), &FormSignals::default(), &Knowledge::default()).only_meta, "rules alone");
    }
}

//! The handwritten rules about the text and their combined logit, which is the score before the model has learned.

use super::{
    contact_apps, disguises,
    finding::{Finding, Rule},
    links, money, phones,
    reading::Reading,
    repetition, spam_words,
};

/// Logit of a text without findings, which is a score of 0.12.
const BIAS: f64 = -2.0;

impl Rule {
    /// Rules of one group detect the same thing, so only the strongest finding counts.
    const fn group(self) -> Self {
        match self {
            Self::HiddenLink => Self::Link,
            Self::StyledLetters | Self::SpacedLetters => Self::MixedScript,
            alone => alone,
        }
    }
}

/// Applies every rule to every field.
pub(super) fn find(reading: &Reading<'_>) -> Vec<Finding> {
    let rules = [
        links::find,
        phones::find,
        contact_apps::find,
        money::find,
        spam_words::find,
        disguises::find,
        repetition::find,
    ];
    let fields = reading.fields();
    let found = fields.iter().flat_map(|(field, text, views)| rules.map(|rule| rule(*field, text, views)));
    found.flatten().collect()
}

pub(super) fn logit(findings: &[Finding]) -> f64 {
    BIAS + sum(findings)
}

/// Sums the weights. Each group counts once, even if it has findings in several fields.
pub(super) fn sum(findings: &[Finding]) -> f64 {
    let strongest = |group: Rule| {
        let weights = findings.iter().filter(|finding| finding.rule.group() == group).map(|finding| finding.weight);
        weights.fold(0.0, f64::max)
    };
    Rule::ALL.iter().map(|rule| strongest(*rule)).sum()
}

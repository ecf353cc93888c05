//! The hand-made rules about the text, and their joined logit: what judges before there are decisions.

use super::{
    contact_apps, disguises,
    finding::{Finding, Rule},
    links, money, phones,
    reading::Reading,
    repetition, spam_words,
};

/// Logit of a text without findings: 0.12 on the score's scale.
const BIAS: f64 = -2.0;

impl Rule {
    /// Rules of one group tell of the same thing: the strongest counts, once.
    const fn group(self) -> Self {
        match self {
            Self::HiddenLink => Self::Link,
            Self::StyledLetters | Self::SpacedLetters => Self::MixedScript,
            alone => alone,
        }
    }
}

/// Runs every rule over every field.
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

/// What the findings come to.
pub(super) fn logit(findings: &[Finding]) -> f64 {
    BIAS + sum(findings)
}

/// A group counts once, however many fields it fires in.
pub(super) fn sum(findings: &[Finding]) -> f64 {
    let strongest = |group: Rule| {
        let weights = findings.iter().filter(|finding| finding.rule.group() == group).map(|finding| finding.weight);
        weights.fold(0.0, f64::max)
    };
    Rule::ALL.iter().map(|rule| strongest(*rule)).sum()
}

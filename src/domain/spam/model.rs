//! The spam model: logistic regression (`AdaGrad`) and naive Bayes counts over one table with hashed features. It
//! learns online, one comment at a time. The same decisions in the same order give the same table, bit for bit.

use std::collections::VecDeque;

use super::{
    calibration::{Calibration, Said, sigmoid},
    features::{self, Group},
    reading::Reading,
    rules,
};

/// Number of bits of a slot's index. In tests with 2^14 to 2^20 slots, AUC did not improve beyond 2^18, which takes 4
/// MiB for each site.
pub(super) const BITS: u32 = 18;
/// Multiplier of Fibonacci hashing, which spreads the CRCs over the table by the top bits of the product.
const SPREAD: u32 = 2_654_435_769;

/// Initial value of `AdaGrad`'s sum of squared gradients.
const FIRST_GRADIENT: f64 = 0.01;
/// Learning rate of the bias, relative to that of the weights. The bias also starts with a greater sum of squared
/// gradients.
const BIAS_RATE: f64 = 0.5;
const FIRST_BIAS_GRADIENT: f64 = 1.0;
/// Additive smoothing of the naive Bayes counts.
const ALPHA: f64 = 0.02;
/// Weights of the regression and of the rules, relative to naive Bayes, whose weight is 1.
const REGRESSION_WEIGHT: f64 = 4.0;
const RULE_WEIGHT: f64 = 4.0;
/// Number of decisions after which the rules have half their weight.
const FADE: f64 = 20.0;
/// Number of newest decisions that calibration and thresholds use.
pub const RECENT: usize = 2_000;
/// Least number of decisions of each class for a usable table. Below it, the rules decide alone.
pub const MIN_OF_EACH: u64 = 5;

/// The features of one comment with their values, sorted by slot, and the logit of the rules.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub(super) entries: Vec<ActiveFeature>,
    pub(super) rules: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ActiveFeature {
    pub(super) slot: usize,
    pub(super) value: f64,
    pub(super) hash: u32,
    pub(super) group: Group,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Slot {
    pub(super) weight: f32,
    /// Sum of squared gradients without the initial [`FIRST_GRADIENT`], so that an unused slot is all zero.
    pub(super) gradient: f32,
    pub(super) ham: u32,
    pub(super) spam: u32,
}

/// The learned table of a site.
#[derive(Clone, PartialEq)]
pub struct Model {
    pub(super) slots: Vec<Slot>,
    pub(super) bias: f64,
    pub(super) bias_gradient: f64,
    pub(super) ham: u64,
    pub(super) spam: u64,
    pub(super) said: VecDeque<Said>,
    pub(super) calibration: Calibration,
}

impl Evidence {
    /// Computes the evidence of a comment. Of the author's name, only obfuscation and links count.
    pub fn of(reading: &Reading<'_>) -> Self {
        Self::with_rules(reading, rules::logit(&rules::find(reading)))
    }

    pub(super) fn with_rules(reading: &Reading<'_>, rules: f64) -> Self {
        let mut groups: [(Group, Vec<u32>); Group::COUNT] = Group::ALL.map(|group| (group, Vec::new()));
        features::visit(reading, |feature| groups[feature.group as usize].1.push(feature.hash));
        let mut entries = Vec::new();
        for (group, mut hashes) in groups {
            hashes.sort_unstable();
            hashes.dedup();
            let value = group.weight() / count(hashes.len()).sqrt();
            entries.extend(hashes.iter().map(|hash| ActiveFeature { slot: slot_of(*hash), value, hash: *hash, group }));
        }
        entries.sort_unstable_by_key(|entry| entry.slot);
        let length = entries.chunk_by(same_slot).map(|shared| joint_value(shared).powi(2)).sum::<f64>().sqrt();
        if length > 0.0 {
            for entry in &mut entries {
                entry.value /= length;
            }
        }
        Self { entries, rules }
    }
}

fn slot_of(hash: u32) -> usize {
    (hash.wrapping_mul(SPREAD) >> (32 - BITS)) as usize
}

fn same_slot(one: &ActiveFeature, other: &ActiveFeature) -> bool {
    one.slot == other.slot
}

fn joint_value(shared: &[ActiveFeature]) -> f64 {
    shared.iter().map(|entry| entry.value).sum()
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn count(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "decisions stay far below 2^52")]
fn decisions(count: u64) -> f64 {
    count as f64
}

impl Default for Model {
    fn default() -> Self {
        Self {
            slots: vec![Slot::default(); 1 << BITS],
            bias: 0.0,
            bias_gradient: FIRST_BIAS_GRADIENT,
            ham: 0,
            spam: 0,
            said: VecDeque::new(),
            calibration: Calibration::default(),
        }
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("ham", &self.ham).field("spam", &self.spam).finish_non_exhaustive()
    }
}

impl Model {
    pub const fn decisions(&self) -> u64 {
        self.ham + self.spam
    }

    /// Returns the numbers of approved and of spam comments that the model learned from.
    pub const fn counts(&self) -> (u64, u64) {
        (self.ham, self.spam)
    }

    /// Checks whether the model is used. If not, the rules decide alone.
    pub const fn is_ready(&self) -> bool {
        self.ham >= MIN_OF_EACH && self.spam >= MIN_OF_EACH
    }

    /// Returns the scores of the newest decided comments, oldest first, and whether each comment was spam. Each score
    /// was computed before the model learned the comment, and is scaled by the present calibration.
    pub fn recent(&self) -> impl Iterator<Item = (f64, bool)> {
        self.said.iter().map(|(margin, is_spam)| (sigmoid(self.calibrated(*margin)), *is_spam))
    }

    /// Learns one decision. The caller calls [`Self::calibrate`] after the last one.
    pub fn learn(&mut self, evidence: &Evidence, is_spam: bool) {
        let (margin, regression) = self.margin(evidence);
        if self.said.len() == RECENT {
            self.said.pop_front();
        }
        self.said.push_back((margin, is_spam));
        let miss = sigmoid(regression) - f64::from(u8::from(is_spam));
        for shared in evidence.entries.chunk_by(same_slot) {
            self.slots[shared[0].slot].learn(miss * joint_value(shared), is_spam);
        }
        self.bias_gradient += miss * miss;
        self.bias -= BIAS_RATE * miss / self.bias_gradient.sqrt();
        if is_spam {
            self.spam += 1;
        } else {
            self.ham += 1;
        }
    }

    /// Fits the calibration to the recorded margins. The result depends only on the decisions learned.
    pub fn calibrate(&mut self) {
        let from_start = u64::try_from(self.said.len()).is_ok_and(|said| said == self.decisions());
        self.calibration = Calibration::fit(self.said.iter(), from_start);
    }

    /// Computes the logit of the table and the rules, whose weight shrinks with the number of decisions.
    pub fn logit(&self, evidence: &Evidence) -> f64 {
        self.calibrated(self.margin(evidence).0)
    }

    /// Computes the present contribution of a rule of weight 1 to the logit.
    pub(super) fn rule_weight(&self) -> f64 {
        self.calibration.slope * RULE_WEIGHT * self.fade()
    }

    /// Computes the contribution of one entry to the logit.
    pub(super) fn contribution(&self, entry: &ActiveFeature) -> f64 {
        let slot = &self.slots[entry.slot];
        let evidence = REGRESSION_WEIGHT * f64::from(slot.weight) + slot.odds() + self.class_odds();
        self.calibration.slope * entry.value * evidence
    }

    fn calibrated(&self, margin: f64) -> f64 {
        self.calibration.slope * margin + self.calibration.shift
    }

    fn fade(&self) -> f64 {
        FADE / (FADE + decisions(self.decisions()))
    }

    /// Computes the log odds of an unseen word, which follow from the numbers of comments in each class.
    fn class_odds(&self) -> f64 {
        ((decisions(self.ham) + 2.0 * ALPHA) / (decisions(self.spam) + 2.0 * ALPHA)).ln()
    }

    /// Computes the combined margin, and the regression's part of it.
    fn margin(&self, evidence: &Evidence) -> (f64, f64) {
        let (mut regression, mut bayes, mut values) = (self.bias, 0.0, 0.0);
        for entry in &evidence.entries {
            let slot = &self.slots[entry.slot];
            regression += f64::from(slot.weight) * entry.value;
            bayes += slot.odds() * entry.value;
            values += entry.value;
        }
        bayes += self.class_odds() * values;
        (REGRESSION_WEIGHT * regression + bayes + RULE_WEIGHT * evidence.rules * self.fade(), regression)
    }
}

impl Slot {
    #[expect(clippy::cast_possible_truncation, reason = "a slot keeps single precision")]
    fn learn(&mut self, slope: f64, is_spam: bool) {
        let gradient = f64::from(self.gradient) + slope * slope;
        self.gradient = gradient as f32;
        self.weight = (f64::from(self.weight) - slope / (FIRST_GRADIENT + gradient).sqrt()) as f32;
        let count = if is_spam { &mut self.spam } else { &mut self.ham };
        *count = count.saturating_add(1);
    }

    /// Computes the log odds of spam in this slot, without the odds of the classes.
    fn odds(&self) -> f64 {
        if self.ham == self.spam {
            return 0.0;
        }
        ((f64::from(self.spam) + ALPHA) / (f64::from(self.ham) + ALPHA)).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::comment::FormText;

    fn evidence(content: &str) -> Evidence {
        let form = FormText { author_name: "Lan".into(), title: String::new(), content: content.into() };
        Evidence::of(&Reading::of(&form))
    }

    fn trained(rows: usize) -> Model {
        let mut model = Model::default();
        for n in 0..rows {
            model.learn(&evidence(&format!("Vào casino số {n} nhận thưởng lớn ngay")), true);
            model.learn(&evidence(&format!("Bài viết số {n} rất hay, cảm ơn tác giả")), false);
        }
        model.calibrate();
        model
    }

    #[test]
    fn the_model_learns_what_moderators_mark_as_spam() {
        let model = trained(10);
        assert!(model.logit(&evidence("tối nay casino thưởng lớn")) > 1.0);
        assert!(model.logit(&evidence("một bài viết hay")) < -1.0);
        assert_eq!((model.decisions(), model.counts()), (20, (10, 10)));
    }

    #[test]
    fn the_same_decisions_give_the_same_table_bit_for_bit() {
        let mut stopped = trained(7);
        stopped.calibrate();
        let mut resumed = Model::decode(&stopped.encode()).unwrap();
        assert!(resumed == stopped);
        let mut straight = trained(7);
        for model in [&mut resumed, &mut straight] {
            model.learn(&evidence("Bài này chán quá"), false);
            model.calibrate();
        }
        assert!(resumed == straight && resumed != stopped);
    }

    #[test]
    fn five_decisions_of_each_class_make_the_model_ready() {
        let mut model = trained(4);
        assert!(!model.is_ready());
        model.learn(&evidence("casino"), true);
        assert!(!model.is_ready());
        model.learn(&evidence("hay"), false);
        assert!(model.is_ready());
    }

    #[test]
    fn recent_scores_were_computed_before_learning() {
        let model = trained(RECENT);
        assert_eq!(model.recent().count(), RECENT);
        assert!(model.recent().all(|(score, is_spam)| (score > 0.5) == is_spam));
    }

    #[test]
    fn an_empty_comment_has_a_finite_score() {
        for content in ["", "😀", "a"] {
            assert!(trained(5).logit(&evidence(content)).is_finite());
        }
    }
}

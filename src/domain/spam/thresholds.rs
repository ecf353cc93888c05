//! Thresholds of a site, computed from the model's recent scores instead of fixed numbers.

use super::Thresholds;

/// Least number of decisions before scores mark comments as spam, and least number of each class among the recent ones.
pub const MIN_DECISIONS: u64 = 200;
pub const MIN_OF_EACH: usize = 20;

/// Largest share of approved comments at or above the high threshold.
const APPROVED_ABOVE: f64 = 0.005;
/// Largest share of spam below the low threshold.
const SPAM_BELOW: f64 = 0.02;

/// Computes the thresholds from the model's recent scores, each computed before it learned the label (`true` for spam).
/// Returns `None` if there are too few decisions.
pub fn learned(decisions: u64, recent: impl Iterator<Item = (f64, bool)>) -> Option<Thresholds> {
    let (mut spam, mut ham): (Vec<_>, Vec<_>) = recent.partition(|(_, is_spam)| *is_spam);
    if decisions < MIN_DECISIONS || spam.len() < MIN_OF_EACH || ham.len() < MIN_OF_EACH {
        return None;
    }
    ham.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    spam.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    // The threshold is just above the first score that is not allowed to reach it.
    let high = ham[allowed(ham.len(), APPROVED_ABOVE)].0.next_up();
    let low = spam[allowed(spam.len(), SPAM_BELOW)].0.min(high);
    Some(Thresholds { low, high, auto_spam: true })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of at most 2,000"
)]
fn allowed(count: usize, share: f64) -> usize {
    (count as f64 * share).floor() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_few_decisions_give_no_thresholds() {
        let recent = |spam: usize, ham: usize| (0..spam + ham).map(move |n| (0.5, n < spam));
        assert_eq!(learned(199, recent(100, 99)), None);
        assert_eq!(learned(200, recent(19, 181)), None);
        assert_eq!(learned(200, recent(181, 19)), None);
        assert!(learned(200, recent(20, 180)).is_some());
    }

    #[test]
    fn both_thresholds_lie_between_separated_classes() {
        let recent = (0..1000).map(|n| if n % 4 == 0 { (0.95, true) } else { (0.02, false) });
        let Thresholds { low, high, auto_spam } = learned(1000, recent).unwrap();
        assert!(auto_spam && low > 0.02 && low <= high && high <= 0.95, "{low} {high}");
    }

    proptest! {
        #[test]
        fn both_shares_hold_for_any_scores(
            spam in prop::collection::vec(0.0..=1.0_f64, 20..300),
            ham in prop::collection::vec(0.0..=1.0_f64, 20..300),
        ) {
            let recent = spam.iter().map(|s| (*s, true)).chain(ham.iter().map(|s| (*s, false)));
            let decisions = (spam.len() + ham.len()).max(200) as u64;
            let Thresholds { low, high, .. } = learned(decisions, recent).unwrap();
            let above = ham.iter().filter(|score| **score >= high).count();
            let below = spam.iter().filter(|score| **score < low).count();
            prop_assert!(low <= high);
            prop_assert!(above * 1_000 <= ham.len() * 5);
            prop_assert!(below * 100 <= spam.len() * 2);
        }
    }
}

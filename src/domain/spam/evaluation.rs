//! Quality of scores compared with moderators' decisions: ranking, recall at few false alarms, and calibration.

/// A comment's score, and whether moderators marked it as spam.
pub type Scored = (f64, bool);

/// Quality measures of a set of scores. There are none if one of the classes is empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Area under the ROC curve: the probability that a spam comment scores above another one. Ties count half.
    pub auc: f64,
    /// Recall at the lowest threshold that at most 1 % of the other comments reach.
    pub recall_at_1_percent: f64,
    /// Expected calibration error over ten bins: the mean difference between score and share of spam.
    pub calibration_error: f64,
}

impl Evaluation {
    pub fn of(scores: &[Scored]) -> Option<Self> {
        let mut sorted = scores.to_vec();
        sorted.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let spam = count(sorted.iter().filter(|(_, is_spam)| *is_spam).count());
        let ham = count(sorted.len()) - spam;
        (spam > 0.0 && ham > 0.0).then(|| Self {
            auc: area(&sorted) / (spam * ham),
            recall_at_1_percent: caught(&sorted, ham * 0.01) / spam,
            calibration_error: calibration_error(&sorted),
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows stay far below 2^52")]
fn count(rows: usize) -> f64 {
    rows as f64
}

/// Counts spam and other comments at each score, from the highest score down.
fn steps(sorted: &[Scored]) -> impl Iterator<Item = (f64, f64)> {
    sorted.chunk_by(|(a, _), (b, _)| a.total_cmp(b).is_eq()).map(|tied| {
        let spam = tied.iter().filter(|(_, is_spam)| *is_spam).count();
        (count(spam), count(tied.len() - spam))
    })
}

fn area(sorted: &[Scored]) -> f64 {
    let mut above = 0.0;
    let mut area = 0.0;
    for (spam, ham) in steps(sorted) {
        area += ham * (above + spam / 2.0);
        above += spam;
    }
    area
}

fn caught(sorted: &[Scored], allowed: f64) -> f64 {
    let (mut spam_above, mut ham_above) = (0.0, 0.0);
    for (spam, ham) in steps(sorted) {
        ham_above += ham;
        if ham_above > allowed {
            break;
        }
        spam_above += spam;
    }
    spam_above
}

fn calibration_error(scores: &[Scored]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for (score, is_spam) in scores {
        let (rows, said, spam) = &mut bins[bin(*score)];
        *rows += 1.0;
        *said += score;
        *spam += f64::from(u8::from(*is_spam));
    }
    bins.iter().map(|(_, said, spam)| f64::abs(said - spam)).sum::<f64>() / count(scores.len())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bins")]
fn bin(score: f64) -> usize {
    (score * 10.0).clamp(0.0, 9.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_follow_their_definitions() {
        let scores = [(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.2, false), (0.2, true)];
        let figures = Evaluation::of(&scores).unwrap();
        assert!((figures.auc - 5.5 / 8.0).abs() < 1e-12, "{figures:?}");
        assert!((figures.recall_at_1_percent - 0.5).abs() < 1e-12, "{figures:?}");
        assert!((figures.calibration_error - (0.1 + 0.2 + 0.7 + 0.4 + 0.6) / 6.0).abs() < 1e-12, "{figures:?}");
    }

    #[test]
    fn a_single_class_has_no_quality_measures() {
        assert_eq!(Evaluation::of(&[(0.5, true)]), None);
        assert_eq!(Evaluation::of(&[]), None);
    }
}

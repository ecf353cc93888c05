//! Platt scaling of margins to probabilities. It is fitted to margins that the model computed before it learned the
//! labels.

/// Largest number of steps of Newton's method. It converges in about eight.
const STEPS: usize = 30;
/// Strength of the prior that the slope is 1, as a number of comments.
const RIDGE: f64 = 10.0;
/// Number of a new model's first margins that are ignored, because they are meaningless.
const FIRST: usize = 5;

/// Parameters of the probability: sigmoid(slope × margin + shift).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    pub(super) slope: f64,
    pub(super) shift: f64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { slope: 1.0, shift: 0.0 }
    }
}

/// A margin computed before the model learned the comment, and whether the comment was spam.
pub(super) type Said = (f64, bool);

/// Returns a probability strictly between 0 and 1.
pub(super) fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit.clamp(-35.0, 35.0)).exp())
}

impl Calibration {
    /// Fits the parameters to `said`. `from_start` states that the first margins are the first of the model.
    pub(super) fn fit<'a>(said: impl Iterator<Item = &'a Said> + Clone, from_start: bool) -> Self {
        let said = said.skip(if from_start { FIRST } else { 0 });
        let mut fitted = Self::default();
        for _ in 0..STEPS {
            let (slope_step, shift_step) = fitted.newton_step(said.clone());
            fitted.slope -= slope_step.clamp(-1.0, 1.0);
            fitted.shift -= shift_step.clamp(-2.0, 2.0);
            if slope_step.abs().max(shift_step.abs()) < 1e-6 {
                break;
            }
        }
        fitted.slope = fitted.slope.max(0.05);
        fitted
    }

    fn newton_step<'a>(&self, said: impl Iterator<Item = &'a Said>) -> (f64, f64) {
        let (mut to_slope, mut to_shift) = (RIDGE * (self.slope - 1.0), self.shift);
        let (mut slopes, mut both, mut shifts) = (RIDGE, 0.0, 1.0);
        for (margin, is_spam) in said {
            let chance = sigmoid(self.slope * margin + self.shift);
            let (miss, spread) = (chance - f64::from(u8::from(*is_spam)), chance * (1.0 - chance));
            to_slope += miss * margin;
            to_shift += miss;
            slopes += spread * margin * margin;
            both += spread * margin;
            shifts += spread;
        }
        let determinant = slopes * shifts - both * both;
        ((shifts * to_slope - both * to_shift) / determinant, (slopes * to_shift - both * to_slope) / determinant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overconfident_margins_are_scaled_down() {
        let said: Vec<Said> =
            (0..400).map(|n| (if n % 2 == 0 { 6.0 } else { -6.0 }, n % 2 == usize::from(n % 10 == 0))).collect();
        let fitted = Calibration::fit(said.iter(), false);
        assert!(fitted.slope < 1.0, "{fitted:?}");
        assert!((sigmoid(fitted.slope * 6.0 + fitted.shift) - sigmoid(6.0)).abs() > 0.01);
    }

    #[test]
    fn without_margins_the_calibration_is_the_default() {
        assert_eq!(Calibration::fit([].iter(), true), Calibration::default());
    }
}

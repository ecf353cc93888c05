//! The wave that distorts letters and strokes.

use std::f32::consts::TAU;

use rand::Rng;

use super::style::{HEIGHT, Style, WIDTH};

/// Horizontal shifts by row, and vertical shifts by column.
pub(super) struct Warp {
    across: Vec<f32>,
    down: Vec<f32>,
    reach: f32,
}

impl Warp {
    /// Creates a wave along each axis, with random length and phase.
    pub(super) fn random(style: &Style, rng: &mut impl Rng) -> Self {
        Self { across: wave(HEIGHT, style, rng), down: wave(WIDTH, style, rng), reach: style.warp }
    }

    /// Returns the horizontal offset at which row `y` is sampled.
    pub(super) fn across(&self, y: u16) -> f32 {
        self.across.get(usize::from(y)).copied().unwrap_or_default()
    }

    /// Returns the vertical offsets at which the columns from `x` on are sampled.
    pub(super) fn down(&self, x: u16) -> &[f32] {
        self.down.get(usize::from(x)..).unwrap_or_default()
    }

    /// Returns the maximum shift along an axis.
    pub(super) const fn reach(&self) -> f32 {
        self.reach
    }
}

fn wave(length: u16, style: &Style, rng: &mut impl Rng) -> Vec<f32> {
    let frequency = TAU / rng.random_range(style.wave.clone());
    let phase = rng.random_range(0.0..TAU);
    (0..length).map(|at| style.warp * (f32::from(at) * frequency + phase).sin()).collect()
}

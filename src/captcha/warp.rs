//! The wave that bends letters and strokes alike.

use std::f32::consts::TAU;

use rand::Rng;

use super::style::{HEIGHT, Style, WIDTH};

/// Shifts across by row and down by column.
pub(super) struct Warp {
    across: Vec<f32>,
    down: Vec<f32>,
    reach: f32,
}

impl Warp {
    /// A wave along each axis, of random length and phase.
    pub(super) fn random(style: &Style, rng: &mut impl Rng) -> Self {
        Self { across: wave(HEIGHT, style, rng), down: wave(WIDTH, style, rng), reach: style.warp }
    }

    /// How far right of its place row `y` is read.
    pub(super) fn across(&self, y: u16) -> f32 {
        self.across.get(usize::from(y)).copied().unwrap_or_default()
    }

    /// How far below its place each column is read, from column `x` on.
    pub(super) fn down(&self, x: u16) -> &[f32] {
        self.down.get(usize::from(x)..).unwrap_or_default()
    }

    /// Furthest that anything is moved along an axis.
    pub(super) const fn reach(&self) -> f32 {
        self.reach
    }
}

fn wave(length: u16, style: &Style, rng: &mut impl Rng) -> Vec<f32> {
    let frequency = TAU / rng.random_range(style.wave.clone());
    let phase = rng.random_range(0.0..TAU);
    (0..length).map(|at| style.warp * (f32::from(at) * frequency + phase).sin()).collect()
}

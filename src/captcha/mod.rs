//! Pictures with an answer, drawn ahead. A picture slows down blind scripts and puts a price on each try; it proves no human:
//! networks learn to read any such style in minutes, so limits and text rules carry the load.

mod artist;
mod bitmap;
mod error;
mod glyphs;
mod layout;
mod pixel;
mod pool;
mod proof_of_work;
mod sample;
mod shelf;
mod stroke;
mod style;
mod veil;
mod warp;

pub use self::{
    artist::{Artist, Motif},
    error::StartError,
    pool::Pool,
    proof_of_work::{MAX_PROOF_CHARS, Proof, Secrets, pose_proof},
    sample::{Wish, write_samples},
};

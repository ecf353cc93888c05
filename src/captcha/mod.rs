//! Captcha images, which are drawn ahead, and proofs of work. An image slows down simple scripts and makes every
//! attempt cost something, but it does not prove that a person answered: neural networks learn any such style within
//! minutes. The main protection comes from rate limits and text rules.

mod bitmap;
mod error;
mod glyphs;
mod image_pool;
mod inversion;
mod layout;
mod pixel;
mod proof_of_work;
mod ready_images;
mod renderer;
mod sample;
mod stroke;
mod style;
mod warp;

pub use self::{
    error::StartError,
    image_pool::ImagePool,
    proof_of_work::{MAX_PROOF_CHARS, Proof, Secrets, pose_proof},
    renderer::{ImageSpec, Renderer},
    sample::{Wish, write_samples},
};

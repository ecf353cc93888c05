//! Images with an answer, drawn ahead. An image slows down blind scripts and puts a price on each try; it proves no human:
//! networks learn to read any such style in minutes, so limits and text rules carry the load.

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

//! Errors of drawing images.

use std::io;

use crate::domain::{challenge_level::Level, image_profile::Profile};

/// A parameter of a style that would make images unreadable or break drawing, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is out of bounds")]
pub(super) struct OutOfBounds(pub(super) &'static str);

/// Why the image pool cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("profile {profile}, level {level}: {number} is out of bounds")]
    Style { profile: Profile, level: Level, number: &'static str },
    #[error("the captcha font has no letter {0}")]
    MissingLetter(char),
    #[error("there is no profile to draw")]
    NoProfile,
    #[error("{profile} cannot be drawn; a fixed answer is 1 to 8 of {symbols}")]
    Undrawable { profile: Profile, symbols: &'static str },
    /// The random number generator failed; the text is the operating system's.
    #[error("{0}")]
    Randomness(String),
    #[error("{0}")]
    Thread(#[source] io::Error),
}

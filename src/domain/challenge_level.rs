//! Difficulty levels of challenges.

named_enum! {
    /// The difficulty of a challenge.
    Level {
        /// A short proof of work. Images have no easier level and are drawn at [`Self::Normal`].
        Light = "LIGHT",
        /// An image of 5 letters or 6 digits, or a proof of work of about one second.
        Normal = "NORMAL",
        /// An image with one more symbol and more distortion, or a proof of work of a few seconds.
        Hard = "HARD",
    }
}

impl Level {
    /// Returns the level at which images are drawn.
    #[must_use]
    pub const fn of_image(self) -> Self {
        match self {
            Self::Light | Self::Normal => Self::Normal,
            Self::Hard => Self::Hard,
        }
    }

    /// Returns the number that clients see.
    pub const fn number(self) -> u32 {
        match self {
            Self::Light => 0,
            Self::Normal => 1,
            Self::Hard => 2,
        }
    }
}

//! How hard a challenge is.

named_enum! {
    /// How hard a challenge is.
    Level {
        /// A short proof of work. Images have no easier level: this is [`Self::Normal`] to them.
        Light = "LIGHT",
        /// An image of 5 letters or 6 digits, a proof of work of about a second.
        Normal = "NORMAL",
        /// An image of one more symbol and more disturbance, a proof of work of some seconds.
        Hard = "HARD",
    }
}

impl Level {
    /// The level at which images are drawn.
    #[must_use]
    pub const fn of_image(self) -> Self {
        match self {
            Self::Light | Self::Normal => Self::Normal,
            Self::Hard => Self::Hard,
        }
    }

    /// The number that clients see.
    pub const fn number(self) -> u32 {
        match self {
            Self::Light => 0,
            Self::Normal => 1,
            Self::Hard => 2,
        }
    }
}

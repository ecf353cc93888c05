//! Challenges: what a token seals, and when an answer counts as right.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{captcha_answer::Alphabet, challenge_level::Level, image_profile::Profile};

/// How long an image may be answered, in seconds.
pub const IMAGE_SECONDS: i64 = 600;

/// How long a proof of work may be handed in, in seconds: a slow phone needs minutes, and its reader writes meanwhile.
pub const PROOF_SECONDS: i64 = 900;

/// How long a pass of `VerifyChallenge` may be used, in seconds.
pub const PASS_SECONDS: i64 = 300;

/// Clocks of replicas may differ by this much, in seconds.
pub const SKEW_SECONDS: i64 = 60;

named_enum! {
    /// Why a challenge did not pass.
    CaptchaFailure {
        Required = "REQUIRED",
        Incorrect = "INCORRECT",
        Expired = "EXPIRED",
        Used = "USED",
        Invalid = "INVALID",
    }
}

named_enum! {
    /// What kind of work a challenge asks for.
    ChallengeKind {
        /// Letters and digits to read from an image.
        Image = "IMAGE",
        /// A proof of work that the ALTCHA widget does unseen.
        AltchaPow = "ALTCHA_POW",
        /// The same, and then an image that the widget shows.
        AltchaPowWithImage = "ALTCHA_POW_WITH_IMAGE",
        /// Nothing: the reader's record vouches for them.
        NoneNeeded = "NONE_NEEDED",
    }
}

impl ChallengeKind {
    /// Whether an image is part of it.
    pub const fn has_image(self) -> bool {
        matches!(self, Self::Image | Self::AltchaPowWithImage)
    }

    /// Whether a proof of work is part of it.
    pub const fn has_proof(self) -> bool {
        matches!(self, Self::AltchaPow | Self::AltchaPowWithImage)
    }

    /// How long it may be answered, in seconds.
    pub const fn seconds(self) -> i64 {
        if self.has_proof() { PROOF_SECONDS } else { IMAGE_SECONDS }
    }
}

/// Most tries that a proof of work takes at each level, half of it on average. A try is 0.5 to 1.2 ms of a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProofTries {
    pub light: u32,
    pub normal: u32,
    pub hard: u32,
}

impl ProofTries {
    /// The most of any level: 40 core seconds, within the widget's patience of 90 s.
    pub const MOST: u32 = 50_000;

    /// Of one level.
    pub const fn get(&self, level: Level) -> u32 {
        match level {
            Level::Light => self.light,
            Level::Normal => self.normal,
            Level::Hard => self.hard,
        }
    }

    /// Whether the levels are in order and within bounds.
    pub const fn is_sane(&self) -> bool {
        0 < self.light && self.light <= self.normal && self.normal <= self.hard && self.hard <= Self::MOST
    }
}

impl Default for ProofTries {
    /// Our choice: half a second, a second and some seconds of one core, on average. Calibrate it on your readers' cheapest phones.
    fn default() -> Self {
        Self { light: 900, normal: 2_400, hard: 9_000 }
    }
}

/// A drawn image with its answer. Used once.
#[derive(Clone)]
pub struct CaptchaImage {
    pub answer: String,
    pub alphabet: Alphabet,
    pub profile: Profile,
    /// 1-bit grayscale PNG.
    pub png: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// What is sealed into a challenge token.
#[derive(Clone, Serialize, Deserialize)]
pub struct SealedChallenge {
    pub kind: ChallengeKind,
    /// It was answered right before, to `VerifyChallenge`: the token is a pass.
    pub passed: bool,
    pub level: Level,
    /// Spent once.
    pub nonce: [u8; 16],
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The device that asked.
    pub device: Option<[u8; 16]>,
    /// Of the image. Empty in a pass, and where there is no image.
    pub answer: String,
}

impl SealedChallenge {
    /// True when the token is too old, or from a future that no clock skew explains.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        let skew = chrono::Duration::seconds(SKEW_SECONDS);
        now > self.expires_at + skew || now < self.issued_at - skew
    }
}

/// A challenge as a reader gets it.
#[derive(Clone)]
pub struct IssuedChallenge {
    pub token: String,
    pub kind: ChallengeKind,
    pub level: Level,
    pub expires_at: DateTime<Utc>,
    pub device_token: String,
    pub content: ChallengeContent,
}

/// What a reader's page shows of a challenge.
#[derive(Clone)]
pub enum ChallengeContent {
    Image(Image),
    /// JSON for the ALTCHA widget, handed on as it is.
    Altcha(String),
    Nothing,
}

/// An image without its answer.
#[derive(Clone)]
pub struct Image {
    /// 1-bit grayscale PNG.
    pub png: Vec<u8>,
    pub width: u32,
    pub height: u32,
    /// Symbols in the answer.
    pub length: usize,
    /// What the answer is made of, so that a page can show a number pad.
    pub alphabet: Alphabet,
}

impl CaptchaImage {
    /// The answer, and what may be shown.
    pub fn split(self) -> (String, Image) {
        let length = self.answer.chars().count();
        let Self { answer, alphabet, png, width, height, .. } = self;
        (answer, Image { png, width, height, length, alphabet })
    }
}

// Secrets never print: not even a test's failure may show an answer.
impl std::fmt::Debug for IssuedChallenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedChallenge")
            .field("kind", &self.kind)
            .field("level", &self.level)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CaptchaImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptchaImage").field("bytes", &self.png.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_allows_for_skewed_clocks() {
        let issued_at = DateTime::UNIX_EPOCH + chrono::Duration::days(1);
        let challenge = SealedChallenge {
            kind: ChallengeKind::Image,
            passed: false,
            level: Level::Normal,
            nonce: [0; 16],
            issued_at,
            expires_at: issued_at + chrono::Duration::seconds(IMAGE_SECONDS),
            device: None,
            answer: String::new(),
        };
        let at = |seconds| challenge.is_expired(issued_at + chrono::Duration::seconds(seconds));
        assert_eq!([-61, -59, 0, 659, 661].map(at), [true, false, false, false, true]);
    }
}

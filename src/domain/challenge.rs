//! Challenges: the contents of their sealed tokens, and when they expire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{captcha_answer::Alphabet, challenge_level::Level, image_profile::Profile};

/// Time to answer an image, in seconds.
pub const IMAGE_SECONDS: i64 = 600;

/// Time to hand in a proof of work, in seconds. A slow phone computes for minutes while its reader writes.
pub const PROOF_SECONDS: i64 = 900;

/// Time to use a pass of `VerifyChallenge`, in seconds.
pub const PASS_SECONDS: i64 = 300;

/// Largest difference allowed between the clocks of replicas, in seconds.
pub const SKEW_SECONDS: i64 = 60;

named_enum! {
    /// The reason why a challenge did not pass.
    CaptchaFailure {
        Required = "REQUIRED",
        Incorrect = "INCORRECT",
        Expired = "EXPIRED",
        Used = "USED",
        Invalid = "INVALID",
    }
}

named_enum! {
    /// The kind of work that a challenge asks for.
    ChallengeKind {
        /// An image of letters and digits that the reader types.
        Image = "IMAGE",
        /// A proof of work that the ALTCHA widget computes without the reader's help.
        AltchaPow = "ALTCHA_POW",
        /// A proof of work, followed by an image that the widget shows.
        AltchaPowWithImage = "ALTCHA_POW_WITH_IMAGE",
        /// No work, because the reader's record is good.
        NoneNeeded = "NONE_NEEDED",
    }
}

impl ChallengeKind {
    pub const fn has_image(self) -> bool {
        matches!(self, Self::Image | Self::AltchaPowWithImage)
    }

    pub const fn has_proof(self) -> bool {
        matches!(self, Self::AltchaPow | Self::AltchaPowWithImage)
    }

    /// Returns the time to answer, in seconds.
    pub const fn seconds(self) -> i64 {
        if self.has_proof() { PROOF_SECONDS } else { IMAGE_SECONDS }
    }
}

/// Largest number of attempts that a proof of work takes at each level; the average is half of it. One attempt takes
/// 0.5 to 1.2 ms of a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProofTries {
    /// Largest number of tries of a light proof of work, 1 to 50,000. The average is half of it; one try takes 0.5 to
    /// 1.2 ms of a core.
    pub light: u32,
    /// Largest number of tries of a normal proof of work.
    pub normal: u32,
    /// Largest number of tries of a hard proof of work.
    pub hard: u32,
}

impl ProofTries {
    /// Largest number of tries that any level may have. It takes about 40 s of one core, which is within the widget's
    /// timeout of 90 s.
    pub const MOST: u32 = 50_000;

    pub const fn get(&self, level: Level) -> u32 {
        match level {
            Level::Light => self.light,
            Level::Normal => self.normal,
            Level::Hard => self.hard,
        }
    }

    /// Checks whether the levels are in ascending order and within bounds.
    pub const fn is_sane(&self) -> bool {
        0 < self.light && self.light <= self.normal && self.normal <= self.hard && self.hard <= Self::MOST
    }
}

impl Default for ProofTries {
    /// The values are our choice: on average half a second, one second and a few seconds of one core. Calibrate them
    /// with your readers' slowest phones.
    fn default() -> Self {
        Self { light: 900, normal: 2_400, hard: 9_000 }
    }
}

/// A drawn image with its answer, for a single challenge.
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

/// The sealed contents of a challenge token.
#[derive(Clone, Serialize, Deserialize)]
pub struct SealedChallenge {
    pub kind: ChallengeKind,
    /// True when `VerifyChallenge` has accepted the answer: the token is a pass.
    pub passed: bool,
    pub level: Level,
    /// Single-use value. The store records it when the challenge is used.
    pub nonce: [u8; 16],
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The device that asked for the challenge.
    pub device: Option<[u8; 16]>,
    /// The image's answer. Empty in a pass and in a challenge without an image.
    pub answer: String,
}

impl SealedChallenge {
    /// Checks whether the token is too old, or was issued in the future by more than [`SKEW_SECONDS`].
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        let skew = chrono::Duration::seconds(SKEW_SECONDS);
        now > self.expires_at + skew || now < self.issued_at - skew
    }
}

/// A challenge as it is sent to a reader.
#[derive(Clone)]
pub struct IssuedChallenge {
    pub token: String,
    pub kind: ChallengeKind,
    pub level: Level,
    pub expires_at: DateTime<Utc>,
    pub device_token: String,
    pub content: ChallengeContent,
}

/// The part of a challenge that a reader's page shows.
#[derive(Clone)]
pub enum ChallengeContent {
    Image(Image),
    /// JSON for the ALTCHA widget, passed on unchanged.
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
    /// Number of symbols in the answer.
    pub length: usize,
    /// The alphabet of the answer, so that a page can show a number pad.
    pub alphabet: Alphabet,
}

impl CaptchaImage {
    /// Splits the image into its answer and the part that may be shown.
    pub fn split(self) -> (String, Image) {
        let length = self.answer.chars().count();
        let Self { answer, alphabet, png, width, height, .. } = self;
        (answer, Image { png, width, height, length, alphabet })
    }
}

// Debug output never contains secrets, so that not even a failing test prints an answer.
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

//! Conversion of challenges and readers from and to protobuf messages.

use std::sync::OnceLock;

use duyet_locale::{Locale, Value};
use duyet_proto::v1::{self, issue_challenge_response::Content};

use super::values::to_time;
use crate::{
    domain::{
        address,
        captcha_answer::Alphabet,
        challenge::{ChallengeContent, ChallengeKind, IssuedChallenge},
        form::ReaderContext,
        id::SiteId,
    },
    ops::metric,
};

/// Converts the reader that the portal describes. An unreadable address is counted and treated as unknown.
pub(in crate::grpc) fn read_reader(client: Option<v1::ReaderContext>, site: &SiteId) -> ReaderContext {
    let client = client.unwrap_or_default();
    let ip = address::read(&client.ip).unwrap_or_else(|unread| {
        metric::address_unread(site, unread);
        None
    });
    ReaderContext::new(ip, client.device_token)
}

pub(in crate::grpc) fn from_kind(kind: i32) -> Option<ChallengeKind> {
    Some(match v1::ChallengeKind::try_from(kind).ok()? {
        v1::ChallengeKind::Unspecified | v1::ChallengeKind::Image => ChallengeKind::Image,
        v1::ChallengeKind::AltchaPow => ChallengeKind::AltchaPow,
        v1::ChallengeKind::AltchaPowWithImage => ChallengeKind::AltchaPowWithImage,
        v1::ChallengeKind::NoneNeeded => ChallengeKind::NoneNeeded,
    })
}

const fn to_kind(kind: ChallengeKind) -> v1::ChallengeKind {
    match kind {
        ChallengeKind::Image => v1::ChallengeKind::Image,
        ChallengeKind::AltchaPow => v1::ChallengeKind::AltchaPow,
        ChallengeKind::AltchaPowWithImage => v1::ChallengeKind::AltchaPowWithImage,
        ChallengeKind::NoneNeeded => v1::ChallengeKind::NoneNeeded,
    }
}

/// Number of lengths whose alternative texts are cached: images have at most 8 symbols.
const KEPT_LENGTHS: usize = 9;

/// The formatted alternative texts by language, kind of symbols and length. There are few of them, and formatting one
/// takes longer than copying it.
static ALT_TEXTS: [[[OnceLock<String>; KEPT_LENGTHS]; 2]; 2] =
    [const { [const { [const { OnceLock::new() }; KEPT_LENGTHS] }; 2] }; 2];

fn alt_text(locale: Locale, digits_only: bool, length: usize) -> String {
    let format = || {
        let key = if digits_only { "captcha-alt-digits" } else { "captcha-alt" };
        locale.text_with(key, &[("length", Value::Number(i64::try_from(length).unwrap_or_default()))])
    };
    let kept = ALT_TEXTS[usize::from(locale == Locale::En)][usize::from(digits_only)].get(length);
    kept.map_or_else(format, |kept| kept.get_or_init(format).clone())
}

pub(in crate::grpc) fn to_issued(issued: IssuedChallenge, locale: Locale) -> v1::IssueChallengeResponse {
    let content = match issued.content {
        ChallengeContent::Image(image) => {
            let digits_only = image.alphabet == Alphabet::Digits;
            Some(Content::Image(v1::ChallengeImage {
                png: image.png,
                width: image.width,
                height: image.height,
                length: u32::try_from(image.length).unwrap_or_default(),
                digits_only,
                alt: alt_text(locale, digits_only, image.length),
            }))
        }
        ChallengeContent::Altcha(json) => Some(Content::Altcha(v1::AltchaChallenge { json })),
        ChallengeContent::Nothing => None,
    };
    v1::IssueChallengeResponse {
        token: issued.token,
        kind: to_kind(issued.kind).into(),
        level: issued.level.number(),
        expires_at: Some(to_time(issued.expires_at)),
        device_token: issued.device_token,
        content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_alternative_text_equals_the_formatted_one() {
        for locale in [Locale::Vi, Locale::En] {
            for (digits_only, key) in [(false, "captcha-alt"), (true, "captcha-alt-digits")] {
                for length in [5, 6, 8, 20, 5] {
                    let formatted = locale.text_with(key, &[("length", Value::Number(i64::try_from(length).unwrap()))]);
                    assert_eq!(alt_text(locale, digits_only, length), formatted);
                }
            }
        }
    }
}

//! Conversion of challenges and readers from and to protobuf messages.

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

/// Converts an issued challenge.
pub(in crate::grpc) fn to_issued(issued: IssuedChallenge, locale: Locale) -> v1::IssueChallengeResponse {
    let content = match issued.content {
        ChallengeContent::Image(image) => {
            let length = Value::Number(i64::try_from(image.length).unwrap_or_default());
            let digits_only = image.alphabet == Alphabet::Digits;
            let alt = if digits_only { "captcha-alt-digits" } else { "captcha-alt" };
            Some(Content::Image(v1::ChallengeImage {
                png: image.png,
                width: image.width,
                height: image.height,
                length: u32::try_from(image.length).unwrap_or_default(),
                digits_only,
                alt: locale.text_with(alt, &[("length", length)]),
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

//! The form of a submitted comment, before and after its fields are checked.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Result,
    comment::{FormText, TextLimits},
    id::{ArticleId, CommentId, parse_uuid},
    text,
    violation::{Problem, Violations},
};

/// Longest device token in bytes. The service's own tokens are shorter.
pub const MAX_TOKEN_BYTES: usize = 512;
/// Longest challenge token in bytes. The ALTCHA widget's payload has about 1,500, a sealed token 504.
pub const MAX_CHALLENGE_BYTES: usize = 4_096;
/// Longest answer in bytes: six letters with several marks each.
pub const MAX_ANSWER_BYTES: usize = 64;
/// Longest article title, in graphemes.
const MAX_ARTICLE_TITLE: usize = 300;
/// Longest article URL, in bytes.
const MAX_URL_BYTES: usize = 2_000;

/// The reader's address and device as the portal sent them. Debug output shows neither.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReaderContext {
    /// `None` when the portal sent no address or none that can be parsed: see [`address::read`](super::address::read).
    pub ip: Option<IpAddr>,
    /// The value of the portal's cookie, which the keyring has yet to check.
    pub device_token: String,
}

impl ReaderContext {
    /// Creates the context. A device token that is too long is dropped, which means an unknown device.
    pub fn new(ip: Option<IpAddr>, device_token: String) -> Self {
        let device_token = if device_token.len() > MAX_TOKEN_BYTES { String::new() } else { device_token };
        Self { ip, device_token }
    }
}

/// The form as it arrived. Debug output omits personal data, texts and secrets.
#[derive(Clone, Default)]
pub struct RawForm {
    pub article_id: String,
    pub article_title: String,
    pub article_url: String,
    pub article_published_at: Option<DateTime<Utc>>,
    pub parent_id: String,
    pub author_name: String,
    pub title: String,
    pub content: String,
    pub challenge_token: String,
    pub challenge_answer: String,
    pub client: ReaderContext,
    pub request_id: String,
    pub honeypot: String,
    pub form_opened_at: Option<DateTime<Utc>>,
    /// Violations that were found before the form was built.
    pub noted: Violations,
}

/// The form after its fields were checked. Debug output omits personal data, texts and secrets.
#[derive(Clone)]
pub struct Form {
    pub article: ArticleId,
    pub article_title: String,
    pub article_url: String,
    pub article_published_at: Option<DateTime<Utc>>,
    pub parent: Option<CommentId>,
    pub text: FormText,
    /// Number of invisible characters that were removed from the text fields.
    pub invisible: usize,
    /// Empty when the form has no challenge token.
    pub challenge_token: String,
    pub challenge_answer: String,
    pub client: ReaderContext,
    pub request_id: Uuid,
    /// True when the hidden field was filled in.
    pub honeypot: bool,
    pub form_opened_at: Option<DateTime<Utc>>,
}

impl RawForm {
    /// Cleans and checks every field.
    ///
    /// # Errors
    /// [`super::Error::Invalid`] with all violations at once.
    pub fn check(self, limits: &TextLimits) -> Result<Form> {
        let mut violations = self.noted;
        let article = check_article(&self.article_id, &mut violations);
        let article_title = check_article_texts(
            ("article_title", &self.article_title),
            ("article_url", &self.article_url),
            &mut violations,
        );
        let parent = check_optional_comment(&self.parent_id, "parent_id", &mut violations);
        let form_text = FormText::check(&self.author_name, &self.title, &self.content, limits, &mut violations);
        let written = [&self.author_name, &self.title, &self.content];
        let invisible = written.iter().map(|field| text::invisible_characters(field)).sum();
        let answer = ("challenge_answer", self.challenge_answer.as_str());
        check_challenge(("challenge_token", &self.challenge_token), answer, &mut violations);
        let request_id = check_request_id(&self.request_id, &mut violations);
        violations.finish(|| {
            Some(Form {
                article: article?,
                article_title,
                article_url: self.article_url,
                article_published_at: self.article_published_at,
                parent,
                text: form_text,
                invisible,
                challenge_token: self.challenge_token,
                challenge_answer: self.challenge_answer,
                client: self.client,
                request_id: request_id?,
                honeypot: !self.honeypot.is_empty(),
                form_opened_at: self.form_opened_at,
            })
        })
    }
}

impl std::fmt::Debug for ReaderContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderContext").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RawForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawForm").field("noted", &self.noted).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// Adds violations for a challenge token or answer that exceeds its limit. Such a call does not spend the challenge.
pub fn check_challenge(
    (token_field, token): (&'static str, &str),
    (answer_field, answer): (&'static str, &str),
    violations: &mut Violations,
) {
    for (field, value, limit) in [(token_field, token, MAX_CHALLENGE_BYTES), (answer_field, answer, MAX_ANSWER_BYTES)] {
        if value.len() > limit {
            violations.add(field, Problem::TooManyBytes { limit, actual: value.len() });
        }
    }
}

/// Parses an article id, or adds a violation of `article_id`.
pub fn check_article(id: &str, violations: &mut Violations) -> Option<ArticleId> {
    let problem = if id.trim().is_empty() { Problem::Required } else { Problem::NotAnArticleId };
    violations.take("article_id", ArticleId::parse(id), problem)
}

/// Parses an idempotency key, or adds a violation of `request_id`. Every change needs one, so that it can be resent.
pub fn check_request_id(id: &str, violations: &mut Violations) -> Option<Uuid> {
    let problem = if id.is_empty() { Problem::Required } else { Problem::NotAUuid };
    violations.take("request_id", parse_uuid(id), problem)
}

/// Parses a comment id, or adds a violation of `field`.
pub fn check_comment(id: &str, field: &'static str, violations: &mut Violations) -> Option<CommentId> {
    let problem = if id.is_empty() { Problem::Required } else { Problem::NotAUuid };
    violations.take(field, CommentId::parse(id), problem)
}

/// Parses an optional comment id. Returns `None` for an empty text; adds a violation of `field` for a malformed one.
pub fn check_optional_comment(id: &str, field: &'static str, violations: &mut Violations) -> Option<CommentId> {
    if id.is_empty() { None } else { check_comment(id, field, violations) }
}

/// Checks an article's title and URL, each passed with its field's name. Returns the cleaned title.
pub fn check_article_texts(
    (title_field, title): (&'static str, &str),
    (url_field, url): (&'static str, &str),
    violations: &mut Violations,
) -> String {
    let title = text::clean_line(title);
    violations.check_length(title_field, &title, MAX_ARTICLE_TITLE, MAX_ARTICLE_TITLE * 8);
    check_url(url, url_field, violations);
    title
}

/// Checks a URL. Moderators follow it, so it must be a web address without white space and control characters.
fn check_url(url: &str, field: &'static str, violations: &mut Violations) {
    let web = url.starts_with("https://") || url.starts_with("http://");
    let plain = !url.chars().any(|c| c.is_control() || c.is_whitespace());
    if url.len() > MAX_URL_BYTES {
        violations.add(field, Problem::TooManyBytes { limit: MAX_URL_BYTES, actual: url.len() });
    } else if !(url.is_empty() || web && plain) {
        violations.add(field, Problem::NotAUrl);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    fn form() -> RawForm {
        RawForm {
            article_id: "bai-1".into(),
            author_name: "Lan".into(),
            content: "Hay".into(),
            request_id: "019e1234-5678-7abc-8def-0123456789ab".into(),
            ..RawForm::default()
        }
    }

    fn fields(form: RawForm) -> Vec<&'static str> {
        match form.check(&TextLimits::default()) {
            Ok(_) => vec![],
            Err(Error::Invalid(violations)) => violations.fields(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_four_fields_of_a_plain_form_pass() {
        assert!(fields(form()).is_empty());
    }

    #[test]
    fn all_violations_are_returned_at_once() {
        let bad = RawForm {
            article_url: "javascript:alert(1)".into(),
            parent_id: "7".into(),
            challenge_answer: "x".repeat(65),
            ..RawForm::default()
        };
        let expected =
            ["article_id", "article_url", "parent_id", "author_name", "content", "challenge_answer", "request_id"];
        assert_eq!(fields(bad), expected);
    }

    #[test]
    fn debug_output_of_forms_has_no_secret_and_no_text() {
        let raw = RawForm {
            challenge_token: "SEALED".into(),
            challenge_answer: "KM7RT".into(),
            client: ReaderContext::new("203.0.113.7".parse().ok(), "DEVICE".into()),
            ..form()
        };
        let checked = raw.clone().check(&TextLimits::default()).unwrap();
        let printed = format!("{raw:?} {checked:?} {:?}", checked.client);
        for secret in ["SEALED", "KM7RT", "DEVICE", "203.0", "Lan", "Hay"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

//! The reader's form. Its input is kept after every error.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use duyet_proto::v1::{ChallengeKind, IssueChallengeResponse, SubmitCommentRequest, issue_challenge_response::Content};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{article, clock, reader::Reader};

/// Longest image in base64, in bytes. An image has up to 4 KiB, and base64 adds a third.
const MAX_IMAGE: usize = 6 * 1024;

/// Every field by its name on the page. The four visible fields have the names that the service uses in violations.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "form_opened_at is the service's name")]
pub(crate) struct Form {
    pub(crate) author_name: String,
    pub(crate) title: String,
    pub(crate) content: String,
    pub(crate) challenge_answer: String,
    pub(crate) challenge_token: String,
    /// The image itself, so that the page can show it again while its token is valid.
    pub(crate) image: String,
    #[serde(skip_deserializing)]
    pub(crate) image_alt: String,
    pub(crate) parent_id: String,
    /// Generated once per form. A form sent twice, by a double click or after a lost response, creates one comment.
    pub(crate) request_id: String,
    /// Milliseconds since the epoch. A bot can forge it; the service uses it only as a signal.
    pub(crate) form_opened_at: String,
    /// The honeypot, which readers do not see.
    pub(crate) website: String,
    /// Not empty if the widget replaces the image, or has already solved its challenge.
    pub(crate) widget: String,
    /// Not empty if the image contains only digits, so that a phone shows its number pad.
    pub(crate) digits: String,
    /// Not empty if this reader needs no challenge: the token is sufficient.
    pub(crate) free: String,
    /// Not empty if the reader pressed the button for a new image instead of the submit button.
    pub(crate) doi_ma: String,
}

impl Form {
    pub(crate) fn blank(parent_id: String, now: DateTime<Utc>) -> Self {
        let form_opened_at = now.timestamp_millis().to_string();
        Self { parent_id, form_opened_at, request_id: new_request_id(), ..Self::default() }
    }

    pub(crate) fn clean(mut self) -> Self {
        // Browsers send line breaks as CR LF.
        self.content = self.content.replace("\r\n", "\n");
        // The image is inserted into a data URI, so anything else is removed.
        let is_base64 = STANDARD.decode(&self.image).is_ok_and(|png| png.starts_with(b"\x89PNG"));
        if self.image.len() > MAX_IMAGE || !is_base64 {
            self.image.clear();
        }
        "Ảnh mã kiểm tra".clone_into(&mut self.image_alt);
        self
    }

    pub(crate) fn show(&mut self, challenge: IssueChallengeResponse) {
        self.without_image();
        if challenge.kind() == ChallengeKind::NoneNeeded {
            "1".clone_into(&mut self.free);
        }
        self.challenge_token = challenge.token;
        if let Some(Content::Image(image)) = challenge.content {
            self.image = STANDARD.encode(image.png);
            self.image_alt = image.alt;
            if image.digits_only {
                "1".clone_into(&mut self.digits);
            }
        }
    }

    pub(crate) fn without_image(&mut self) {
        self.challenge_token.clear();
        self.challenge_answer.clear();
        self.image.clear();
        self.widget.clear();
        self.free.clear();
        self.digits.clear();
    }

    pub(crate) fn with_widget(&mut self) {
        self.without_image();
        "1".clone_into(&mut self.widget);
    }

    pub(crate) fn to_request(&self, reader: &Reader, article_url: &str) -> SubmitCommentRequest {
        SubmitCommentRequest {
            article_id: article::ID.to_owned(),
            article_title: article::ARTICLE.title.to_owned(),
            article_url: article_url.to_owned(),
            parent_id: self.parent_id.clone(),
            author_name: self.author_name.clone(),
            title: self.title.clone(),
            content: self.content.clone(),
            challenge_token: self.challenge_token.clone(),
            challenge_answer: self.challenge_answer.clone(),
            client: Some(reader.client()),
            request_id: self.request_id.clone(),
            honeypot: self.website.clone(),
            form_opened_at: self.form_opened_at.parse().ok().map(clock::to_wire),
            article_published_at: None,
        }
    }
}

pub(crate) fn new_request_id() -> String {
    Uuid::new_v4().to_string()
}

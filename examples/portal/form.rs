//! The reader's form: what was typed stays typed, whatever the answer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use duyet_proto::v1::{ChallengeKind, IssueChallengeResponse, SubmitCommentRequest, issue_challenge_response::Content};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{article, clock, reader::Reader};

/// An image has at most 4 KiB; base64 adds a third.
const MAX_IMAGE: usize = 6 * 1024;

/// Every field by its name on the page. The names of the four visible ones are those of the service's violations.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "form_opened_at is the service's name")]
pub(crate) struct Form {
    pub(crate) author_name: String,
    pub(crate) title: String,
    pub(crate) content: String,
    pub(crate) challenge_answer: String,
    pub(crate) challenge_token: String,
    /// The image itself, so that it can be shown again while its token is still good.
    pub(crate) image: String,
    #[serde(skip_deserializing)]
    pub(crate) image_alt: String,
    pub(crate) parent_id: String,
    /// One per form as shown: sent twice, by a double click or a lost answer, it is one comment.
    pub(crate) request_id: String,
    /// Milliseconds. A bot can lie here; the service only weighs it.
    pub(crate) form_opened_at: String,
    /// The trap: people do not see this field.
    pub(crate) website: String,
    /// Not empty: the widget stands in place of the image, or has done its work.
    pub(crate) widget: String,
    /// Not empty: the image holds digits alone, so a phone may show its number pad.
    pub(crate) digits: String,
    /// Not empty: this reader needs no challenge, the token is enough.
    pub(crate) free: String,
    /// A button for an image was pressed, not "Gửi".
    pub(crate) doi_ma: String,
}

impl Form {
    pub(crate) fn blank(parent_id: String, now: DateTime<Utc>) -> Self {
        let form_opened_at = now.timestamp_millis().to_string();
        Self { parent_id, form_opened_at, request_id: new_request_id(), ..Self::default() }
    }

    /// A posted form, before anything is done with it.
    pub(crate) fn clean(mut self) -> Self {
        // Browsers send line ends as CR LF.
        self.content = self.content.replace("\r\n", "\n");
        // It goes back into a data URI: what is not an image is dropped.
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

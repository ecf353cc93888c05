//! One attempt to submit a comment: the data that its steps share.

use chrono::{DateTime, Duration, Utc};

use crate::{
    domain::{
        Error, Result,
        ban::BanSubject,
        challenge::{ChallengeKind, SealedChallenge},
        form::Form,
        id::SiteId,
        pseudonym::Pseudonym,
        request::RequestRow,
        spam::Reading,
        submission::{Sender, SubmitAnswer, SubmitQuestion},
    },
    service::{challenges::Handed, core::rate_limits::LimitedReader},
};

/// Period in which repetitions of a text by any author are a sign of spam, in hours.
pub(super) const SAME_TEXT_HOURS: i64 = 24;

/// Least time that a person needs to read an image, type its letters and send them, in seconds.
const READING_SECONDS: i64 = 2;

/// The data that the steps of one submit share.
pub(super) struct Attempt<'a> {
    pub(super) site: &'a SiteId,
    pub(super) form: &'a Form,
    pub(super) sender: Sender,
    /// The row by which a resend is recognised. Its response is still empty.
    pub(super) request: RequestRow,
    /// Pseudonyms of the /56 and the /48 around an IPv6 address.
    pub(super) wider: Option<[Pseudonym; 2]>,
    /// The text, normalised once for all checks.
    pub(super) reading: Reading<'a>,
    /// The folded title and content.
    pub(super) said: String,
    pub(super) fingerprint: Pseudonym,
    /// `None` for a text that is too short for its repetitions to be a sign of spam.
    pub(super) skeleton: Option<Pseudonym>,
    pub(super) now: DateTime<Utc>,
}

impl Attempt<'_> {
    /// `known` says whether the reader's device is known.
    pub(super) fn handed(&self, known: bool) -> Handed<'_> {
        let Form { article, challenge_token, challenge_answer, .. } = self.form;
        let reader = LimitedReader { site: self.site, sender: &self.sender, wider: self.wider, known, now: self.now };
        Handed { article, token: challenge_token, answer: challenge_answer, reader }
    }
}

/// Returns the number of seconds that the form was open, or `None` if the portal does not send it. The portal passes on
/// the page's value, which a bot can forge. An image that was issued less than [`READING_SECONDS`] ago cannot have been
/// read by a person, so the form then counts as open for no longer than the image.
pub(super) fn fill_seconds(attempt: &Attempt<'_>, challenge: &SealedChallenge) -> Option<i64> {
    let said = (attempt.now - attempt.form.form_opened_at?).num_seconds();
    let read = challenge.kind == ChallengeKind::Image && !challenge.passed;
    let age = (attempt.now - challenge.issued_at).num_seconds();
    Some(if read && age < READING_SECONDS { said.min(age) } else { said })
}

pub(super) fn question(attempt: &Attempt<'_>, subjects: Vec<BanSubject>) -> SubmitQuestion {
    SubmitQuestion {
        site: attempt.site.clone(),
        request_id: attempt.form.request_id,
        article: attempt.form.article.clone(),
        parent: attempt.form.parent,
        device: attempt.sender.device,
        text: attempt.form.text.clone(),
        fingerprint: attempt.fingerprint,
        skeleton: attempt.skeleton,
        author: attempt.sender.author.clone(),
        subjects,
        now: attempt.now,
        same_text_since: attempt.now - Duration::hours(SAME_TEXT_HOURS),
    }
}

pub(super) fn request_row(attempt: &Attempt<'_>, answer: &SubmitAnswer) -> Result<RequestRow> {
    let response = serde_json::to_string(answer).map_err(Error::internal)?;
    Ok(RequestRow { response, ..attempt.request.clone() })
}

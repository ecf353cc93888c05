//! One try of a reader's comment: what its steps share.

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

/// The same text by anyone within this time is suspicious, in hours.
pub(super) const SAME_TEXT_HOURS: i64 = 24;

/// Nobody reads an image, types its letters and sends them in less, in seconds.
const READING_SECONDS: i64 = 2;

/// What the steps of one submit share.
pub(super) struct Attempt<'a> {
    pub(super) site: &'a SiteId,
    pub(super) form: &'a Form,
    pub(super) sender: Sender,
    /// What a resend is known by; the response is still empty.
    pub(super) request: RequestRow,
    /// The /56 and the /48 around its address.
    pub(super) wider: Option<[Pseudonym; 2]>,
    /// Its text, read once.
    pub(super) reading: Reading<'a>,
    /// Title and content, folded.
    pub(super) said: String,
    pub(super) fingerprint: Pseudonym,
    /// `None` when its text says too little for a repetition to mean something.
    pub(super) skeleton: Option<Pseudonym>,
    pub(super) now: DateTime<Utc>,
}

impl Attempt<'_> {
    /// Its challenge, from a device that is known or not.
    pub(super) fn handed(&self, known: bool) -> Handed<'_> {
        let Form { article, challenge_token, challenge_answer, .. } = self.form;
        let reader = LimitedReader { site: self.site, sender: &self.sender, wider: self.wider, known, now: self.now };
        Handed { article, token: challenge_token, answer: challenge_answer, reader }
    }
}

/// How long the form was open. The portal passes on what the page says, and a bot says what it likes: but an image that was drawn a
/// moment ago cannot have been read.
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

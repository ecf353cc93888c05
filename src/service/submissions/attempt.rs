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
    service::{challenges::Handed, rate_limits::Visitor},
};

/// The same text by anyone within this time is suspicious, in hours.
pub(in crate::service) const SAME_TEXT_HOURS: i64 = 24;

/// Nobody reads a picture, types its letters and sends them in less, in seconds.
const READING_SECONDS: i64 = 2;

/// What the steps of one submit share.
pub(in crate::service) struct Attempt<'a> {
    pub(in crate::service) site: &'a SiteId,
    pub(in crate::service) form: &'a Form,
    pub(in crate::service) sender: Sender,
    /// What a resend is known by; the response is still empty.
    pub(in crate::service) request: RequestRow,
    /// The /56 and the /48 around its address.
    pub(in crate::service) wider: Option<[Pseudonym; 2]>,
    /// Its text, read once.
    pub(in crate::service) reading: Reading<'a>,
    /// Title and content, folded.
    pub(in crate::service) said: String,
    pub(in crate::service) fingerprint: Pseudonym,
    /// What a ban may be about.
    pub(in crate::service) subjects: Vec<BanSubject>,
    /// `None` when its text says too little for a repetition to mean something.
    pub(in crate::service) skeleton: Option<Pseudonym>,
    pub(in crate::service) now: DateTime<Utc>,
}

impl Attempt<'_> {
    /// Its challenge, from a device that is known or not.
    pub(in crate::service) fn handed(&self, known: bool) -> Handed<'_> {
        let Form { article, challenge_token, challenge_answer, .. } = self.form;
        let visitor = Visitor { site: self.site, sender: &self.sender, wider: self.wider, known, now: self.now };
        Handed { article, token: challenge_token, answer: challenge_answer, visitor }
    }
}

/// How long the form was open. The portal passes on what the page says, and a bot says what it likes: but a picture that was drawn a
/// moment ago cannot have been read.
pub(in crate::service) fn fill_seconds(attempt: &Attempt<'_>, challenge: &SealedChallenge) -> Option<i64> {
    let said = (attempt.now - attempt.form.form_opened_at?).num_seconds();
    let read = challenge.kind == ChallengeKind::Image && !challenge.passed;
    let age = (attempt.now - challenge.issued_at).num_seconds();
    Some(if read && age < READING_SECONDS { said.min(age) } else { said })
}

pub(in crate::service) fn question(attempt: &Attempt<'_>) -> SubmitQuestion {
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
        subjects: attempt.subjects.clone(),
        now: attempt.now,
        same_text_since: attempt.now - Duration::hours(SAME_TEXT_HOURS),
    }
}

pub(in crate::service) fn request_row(attempt: &Attempt<'_>, answer: &SubmitAnswer) -> Result<RequestRow> {
    let response = serde_json::to_string(answer).map_err(Error::internal)?;
    Ok(RequestRow { response, ..attempt.request.clone() })
}

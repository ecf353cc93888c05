//! Submits of comments. The contract defines the order of the steps:
//! shape → request → article → ban → look at the reader's limits → form → captcha → charge → duplicate → assessment →
//! policy → insert.

use chrono::{DateTime, Utc};

use super::{
    Submissions,
    attempt::{Attempt, fill_seconds, question, request_row},
};
use crate::{
    domain::{
        Error, Result,
        article::Article,
        ban::{BanEffect, BanSubject},
        challenge::{CaptchaFailure, SealedChallenge},
        comment::{Attention, Comment},
        form::{Form, RawForm},
        id::{ArticleId, CommentId, SiteId},
        lifecycle::Status,
        mode::Mode,
        policy::{self, FirstStatus},
        request::RequestRow,
        spam::{Assessment, FormSignals, Reading},
        submission::{Inserted, Submission, SubmitAnswer, SubmitContext},
        violation::Problem,
    },
    ops::metric,
    service::{
        challenges::captcha_failed,
        core::{page_cache::Invalidation, rate_limits::LimitedCall, salts::Salts},
        ids::new_id,
        rekeying::rekey_device,
    },
};

/// The answer to a submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    pub answer: SubmitAnswer,
    /// The token that shows the reader their own pending comment.
    pub receipt: String,
    pub replayed: bool,
}

impl Submissions {
    /// Accepts a reader's comment. `Ok` means that the comment is durable.
    ///
    /// # Errors
    /// `Invalid`, `RequestIdReused`, `ArticleClosed`, `CommentNotFound` (the parent), `Banned`, `RateLimited`,
    /// `Captcha` with a fresh challenge, `Overloaded`, and those of the store. Only a wrong answer and an accepted
    /// comment spend the reader's challenge.
    pub async fn submit_comment(&self, site: &SiteId, raw: RawForm, now: DateTime<Utc>) -> Result<Submitted> {
        let _in_crowd = self.crowd.enter();
        let result = self.check_and_take(site, raw, now).await;
        metric::submitted(site, outcome(&result));
        result
    }

    async fn check_and_take(&self, site: &SiteId, mut raw: RawForm, now: DateTime<Utc>) -> Result<Submitted> {
        let handed = (raw.challenge_token.as_str(), raw.challenge_answer.as_str());
        if ArticleId::parse(&raw.article_id)
            .is_some_and(|article| self.challenges.lacks_answer(site, &article, handed, now))
        {
            raw.noted.add("challenge_answer", Problem::Required);
        }
        let form = raw.check(&self.core.defaults.get().text)?;
        let salts = self.core.salts.of(site, now).await?;
        let attempt = self.attempt(site, &form, &salts, now);
        let name = &form.text.author_name;
        let subjects = self.core.pseudonyms.ban_subjects(site, &form.client, name, &attempt.said, &salts);
        match self.take_comment(&attempt, subjects).await {
            Ok(submitted) => Ok(submitted),
            Err(error) => Err(self.challenges.with_fresh_challenge(error, attempt.handed(false), &form.client).await),
        }
    }

    fn attempt<'a>(&self, site: &'a SiteId, form: &'a Form, salts: &Salts, now: DateTime<Utc>) -> Attempt<'a> {
        let text = &form.text;
        let parent = form.parent.map(|id| id.to_string()).unwrap_or_default();
        // The captcha is not part of the payload, because a resend after a timeout may have another one.
        let payload = [form.article.as_str(), &parent, &text.author_name, &text.title, &text.content].join("\0");
        let (reading, said) = (Reading::of(text), text.said());
        let fingerprint = self.core.pseudonyms.fingerprint(site, &said);
        Attempt {
            site,
            form,
            sender: self.core.pseudonyms.sender(site, &form.client, &text.author_name, salts.current()),
            wider: self.core.pseudonyms.wider_prefixes(site, &form.client, salts.current()),
            request: self.core.keyring.request_row(site, form.request_id, "SubmitComment", payload.as_bytes()),
            fingerprint,
            skeleton: self.core.pseudonyms.skeleton(site, &reading),
            reading,
            said,
            now,
        }
    }

    /// Runs the steps after the check of the form. `subjects` are those that a ban on this submit may have.
    async fn take_comment(&self, attempt: &Attempt<'_>, subjects: Vec<BanSubject>) -> Result<Submitted> {
        let _flight = self.core.requests.enter(attempt.site, attempt.form.request_id).await;
        rekey_device(&self.core, attempt.site, &attempt.form.client).await?;
        let mut context = self.contexts.ask(question(attempt, subjects)).await?;
        self.rekey_bans(attempt, &context).await;
        if let Some(row) = &context.request {
            return self.replay(attempt, row);
        }
        let mode = self.mode_in_force(attempt, &context);
        policy::check_open(mode)?;
        check_parent(attempt.form, &context)?;
        if context.ban == Some(BanEffect::Block) {
            return Err(Error::Banned);
        }
        let handed = attempt.handed(context.record.is_known());
        let challenge = self.challenges.check_within_limits(handed, LimitedCall::BeforeSubmit).await?;
        // When a limit denies the submit here, the challenge is not spent.
        let charge = LimitedCall::Submit(handed.article);
        self.core.rate_limits.check_right_answer(charge, LimitedCall::BeforeSubmit, handed.reader).await?;
        if let Some(answer) = context.duplicate {
            return self.answer_duplicate(attempt, &challenge, answer).await;
        }
        self.add_same_texts(attempt, &mut context).await?;
        let assessment =
            self.core.assessor.assess(attempt.site, &attempt.reading, &self.signals(attempt, &challenge, &context));
        self.insert(attempt, &context, &challenge, assessment, mode).await
    }

    fn mode_in_force(&self, attempt: &Attempt<'_>, context: &SubmitContext) -> Mode {
        let Form { article, article_published_at, .. } = attempt.form;
        let unknown = || Article::unknown(article.clone(), None, attempt.now);
        let article = context.article.clone().unwrap_or_else(unknown).published(*article_published_at);
        context.site.rules(self.core.defaults.get().mode).mode_of(&article, attempt.now)
    }

    fn replay(&self, attempt: &Attempt<'_>, row: &RequestRow) -> Result<Submitted> {
        row.replay(&attempt.request).map(|answer| self.submitted(attempt.site, answer, true))
    }

    fn submitted(&self, site: &SiteId, answer: SubmitAnswer, replayed: bool) -> Submitted {
        Submitted { receipt: self.core.keyring.receipt(site, answer.comment), answer, replayed }
    }

    /// Answers a duplicate with the answer of the first comment. The challenge is spent and the request is stored, as
    /// for any other accepted submit.
    async fn answer_duplicate(
        &self,
        attempt: &Attempt<'_>,
        challenge: &SealedChallenge,
        answer: SubmitAnswer,
    ) -> Result<Submitted> {
        let row = request_row(attempt, &answer)?;
        if self.core.store.spend_nonce(attempt.site, challenge.nonce, Some(&row), attempt.now).await? {
            metric::captcha_solved(challenge, attempt.now);
            return Ok(self.submitted(attempt.site, answer, true));
        }
        match self.core.store.find_request(attempt.site, row.id).await? {
            Some(row) => self.replay(attempt, &row),
            None => Err(captcha_failed(Some(challenge.kind), CaptchaFailure::Used)),
        }
    }

    fn signals(&self, attempt: &Attempt<'_>, challenge: &SealedChallenge, context: &SubmitContext) -> FormSignals {
        let device = attempt.sender.device;
        let reader = attempt.handed(false).reader;
        FormSignals {
            honeypot: attempt.form.honeypot,
            fill_seconds: fill_seconds(attempt, challenge),
            invisible: attempt.form.invisible,
            other_device: device.is_some() && self.core.pseudonyms.sealed_device(challenge, reader) != device,
            same_text: attempt.skeleton.map_or(0, |_| context.same_text),
            same_text_authors: context.same_text_authors,
            held_by_ban: context.ban == Some(BanEffect::Hold),
        }
    }

    /// Begins an invalidation of the article's pages if the submit may change what readers see. Even a pending comment
    /// may do so: it may be the first to name the article or its publication time, which may show that it is closed.
    fn change_shown(&self, attempt: &Attempt<'_>, context: &SubmitContext, status: Status) -> Option<Invalidation<'_>> {
        let Form { article, article_published_at, .. } = attempt.form;
        let known = context.article.as_ref();
        let reveals = known.is_none_or(|known| known.published_at.is_none() && article_published_at.is_some());
        (status.is_public() || reveals).then(|| self.core.pages.publish(attempt.site, article))
    }

    async fn insert(
        &self,
        attempt: &Attempt<'_>,
        context: &SubmitContext,
        challenge: &SealedChallenge,
        mut assessment: Assessment,
        mode: Mode,
    ) -> Result<Submitted> {
        let hold = self.core.rate_limits.is_degraded() || context.ban == Some(BanEffect::Hold);
        let now = attempt.now;
        let id = CommentId(new_id(now));
        let FirstStatus { status, sampled } =
            self.core.assessor.first_status(attempt.site, id, mode, &mut assessment, hold)?;
        let flagged_at = (sampled && status.is_public()).then_some(now);
        let comment = new_comment(attempt, context, id, status, flagged_at);
        let answer = SubmitAnswer { comment: comment.id, published_at: comment.published_at };
        metric::findings(&assessment.findings);
        let site_rules = context.site.rules(self.core.defaults.get().mode);
        let submission = Submission {
            site: attempt.site.clone(),
            comment,
            sender: attempt.sender.clone(),
            findings: assessment.findings,
            spam_score: assessment.score,
            fingerprint: attempt.fingerprint,
            skeleton: attempt.skeleton,
            folded: attempt.form.text.folded(&attempt.said),
            article_title: attempt.form.article_title.clone(),
            article_url: attempt.form.article_url.clone(),
            article_published_at: attempt.form.article_published_at,
            site_rules,
            known_article: context.article.clone(),
            nonce: challenge.nonce,
            request: request_row(attempt, &answer)?,
        };
        let _change = self.change_shown(attempt, context, status);
        match self.writer.insert(submission).await? {
            Inserted::Stored => {
                metric::captcha_solved(challenge, now);
                Ok(self.submitted(attempt.site, answer, false))
            }
            Inserted::Known(row) => self.replay(attempt, &row),
            Inserted::Duplicate(answer) => self.answer_duplicate(attempt, challenge, answer).await,
            Inserted::ChallengeUsed => Err(captcha_failed(Some(challenge.kind), CaptchaFailure::Used)),
            Inserted::ArticleClosed(article) => Err(Error::ArticleClosed { mode: site_rules.mode_of(&article, now) }),
        }
    }
}

/// Builds the comment as it is first stored.
fn new_comment(
    attempt: &Attempt<'_>,
    context: &SubmitContext,
    id: CommentId,
    status: Status,
    flagged_at: Option<DateTime<Utc>>,
) -> Comment {
    let text = attempt.form.text.clone();
    Comment {
        id,
        article: attempt.form.article.clone(),
        // Replies have one level of nesting: the parent of a reply to a reply is the root comment.
        parent: context.parent.as_ref().map(|parent| parent.parent.unwrap_or(parent.id)),
        reply_to: context.parent.as_ref().map(|parent| parent.id),
        author_name: text.author_name,
        title: text.title,
        content: text.content,
        status,
        revision: 1,
        created_at: attempt.now,
        published_at: status.is_public().then_some(attempt.now),
        reviewed_at: None,
        reply_count: 0,
        attention: Attention { flagged_at, ..Attention::default() },
    }
}

/// Returns the label under which metrics count a submit.
fn outcome(result: &Result<Submitted>) -> &'static str {
    match result {
        Ok(Submitted { replayed: true, .. }) => "REPLAYED",
        Ok(Submitted { answer: SubmitAnswer { published_at: Some(_), .. }, .. }) => "PUBLISHED",
        Ok(_) => "PENDING",
        Err(error) => error.reason(),
    }
}

/// Checks that the comment that a reply refers to is public.
fn check_parent(form: &Form, context: &SubmitContext) -> Result<()> {
    match (form.parent, &context.parent) {
        (None, _) => Ok(()),
        (Some(_), Some(parent)) if parent.status.is_public() => Ok(()),
        (Some(id), _) => Err(Error::CommentNotFound(id)),
    }
}

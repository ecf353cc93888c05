//! Readers' reports of comments.

use chrono::{DateTime, Utc};

use super::Submissions;
use crate::{
    domain::{
        Error, Result,
        form::ReaderContext,
        id::{CommentId, SiteId},
        reason::Reason,
        report::{Report, Reported},
        violation::{Problem, Violations},
    },
    ops::metric,
    service::{
        core::rate_limits::{LimitedCall, LimitedReader},
        rekeying::rekey_device,
    },
};

/// A reader's report, decoded from the wire.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// `None` when the id is missing or malformed. `noted` has the violation then.
    pub comment: Option<CommentId>,
    pub reason: Option<Reason>,
    pub note: String,
    pub client: ReaderContext,
    /// The violations that were found while the request was decoded.
    pub noted: Violations,
}

impl Submissions {
    /// Stores a reader's report of a comment that readers see. Each reader counts once per comment, so resends need no
    /// stored answer.
    ///
    /// # Errors
    /// `Invalid`, also without a device or an address to identify the reader by; `RateLimited`; `CommentNotFound`; and
    /// those of the store.
    pub async fn report_comment(&self, site: &SiteId, request: ReportRequest, now: DateTime<Utc>) -> Result<Reported> {
        let result = self.check_and_report(site, request, now).await;
        metric::reported(site, result.as_ref().map_or_else(Error::reason, |reported| reported.as_str()));
        result
    }

    async fn check_and_report(&self, site: &SiteId, request: ReportRequest, now: DateTime<Utc>) -> Result<Reported> {
        let salt = self.core.salts.of(site, now).await?.current();
        let sender = self.core.pseudonyms.sender(site, &request.client, "", salt);
        let mut violations = request.noted;
        // Many readers share an address behind carrier NAT, so the device comes first.
        let reporter = violations.take("client", sender.device.or(sender.address), Problem::Required);
        let (comment, reporter) = violations.finish(|| Some((request.comment?, reporter?)))?;
        let reader = LimitedReader {
            site,
            sender: &sender,
            wider: self.core.pseudonyms.wider_prefixes(site, &request.client, salt),
            known: false,
            now,
        };
        self.core.rate_limits.check(LimitedCall::BeforeReport, reader).await?;
        rekey_device(&self.core, site, &request.client).await?;
        let Some(found) = self.core.store.find_comment(site, comment).await? else {
            self.core.rate_limits.check(LimitedCall::Report(None), reader).await?;
            return Err(Error::CommentNotFound(comment));
        };
        let known = self.challenges.challenge_context(site, &sender, now).await.record.is_known();
        self.core
            .rate_limits
            .check(LimitedCall::Report(Some(&found.article)), LimitedReader { known, ..reader })
            .await?;
        let network = self.core.pseudonyms.network(site, &request.client, salt).filter(|_| !known);
        let report = Report {
            site: site.clone(),
            comment,
            reporter,
            network: network.unwrap_or(reporter),
            key: self.core.keyring.mark(),
            aliases: self.core.pseudonyms.reporter_aliases(site, &request.client, salt),
            reason: request.reason,
            note: request.note,
            at: now,
            default_mode: self.core.defaults.get().mode,
        };
        self.core.store.report(&report).await
    }
}

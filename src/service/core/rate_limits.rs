//! Whom and what a call is counted against.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        Error, Result,
        id::{ArticleId, SiteId},
        pseudonym::Pseudonym,
        rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
        submission::Sender,
    },
    keyring::{Keyring, PseudonymSubject},
    limiter::Limiter,
};

/// What is being limited. Before a captcha its reader is only looked at: nothing is charged for an answer that may be wrong, and nobody
/// uses up an article's quota without a right one.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) enum LimitedCall<'a> {
    /// Looks at submits and wrong answers.
    BeforeSubmit,
    Submit(&'a ArticleId),
    /// Looks at challenges and wrong answers.
    BeforeVerify,
    Challenge(&'a ArticleId),
    /// A wrong, expired or forged answer to a challenge.
    Failure,
    /// Looks at reports.
    BeforeReport,
    /// A report of a comment on an article; of no article where there is no such comment.
    Report(Option<&'a ArticleId>),
}

/// Whom limits count.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct LimitedReader<'a> {
    pub(in crate::service) site: &'a SiteId,
    pub(in crate::service) sender: &'a Sender,
    /// The /56 and the /48 around an IPv6 address.
    pub(in crate::service) wider: Option<[Pseudonym; 2]>,
    /// The device's record speaks for it: see [`is_known`](crate::domain::trust::Record::is_known).
    pub(in crate::service) known: bool,
    pub(in crate::service) now: DateTime<Utc>,
}

impl LimitedReader<'_> {
    fn is_known_device(&self) -> bool {
        self.known && self.sender.device.is_some()
    }
}

/// The limits of one kind of event per person: by device, and by prefix from narrow to wide.
struct PerPerson {
    device: LimitName,
    prefixes: [LimitName; 3],
}

const SUBMITS: PerPerson = PerPerson {
    device: LimitName::SubmitsPerDevice,
    prefixes: [LimitName::SubmitsPerPrefix, LimitName::SubmitsPerPrefix56, LimitName::SubmitsPerPrefix48],
};
const CHALLENGES: PerPerson = PerPerson {
    device: LimitName::ChallengesPerDevice,
    prefixes: [LimitName::ChallengesPerPrefix, LimitName::ChallengesPerPrefix56, LimitName::ChallengesPerPrefix48],
};
const FAILURES: PerPerson = PerPerson {
    device: LimitName::FailuresPerDevice,
    prefixes: [LimitName::FailuresPerPrefix, LimitName::FailuresPerPrefix56, LimitName::FailuresPerPrefix48],
};
const REPORTS: PerPerson = PerPerson {
    device: LimitName::ReportsPerDevice,
    prefixes: [LimitName::ReportsPerPrefix, LimitName::ReportsPerPrefix56, LimitName::ReportsPerPrefix48],
};

/// The limits of this replica, local or shared through Redis.
pub(in crate::service) struct RateLimits {
    limiter: Limiter,
    keyring: Arc<Keyring>,
}

impl RateLimits {
    pub(in crate::service) const fn new(limiter: Limiter, keyring: Arc<Keyring>) -> Self {
        Self { limiter, keyring }
    }

    /// Puts other limits in force. Limits whose quota stays keep their counts.
    pub(in crate::service) fn set_quotas(&self, quotas: Quotas) {
        self.limiter.set_quotas(quotas);
    }

    /// True while the shared limits are gone and this replica counts alone.
    pub(in crate::service) fn is_degraded(&self) -> bool {
        self.limiter.is_degraded()
    }

    /// Counts `event` against device and prefixes, and where it has them article and site: against all of them or none.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; nothing is counted then. `Ok(true)` means that the reader is pressed for quota.
    pub(in crate::service) async fn check(&self, event: LimitedCall<'_>, reader: LimitedReader<'_>) -> Result<bool> {
        match self.limiter.check(&self.charges(event, reader)).await {
            Allowance::Allowed { pressed } => Ok(pressed),
            Allowance::Denied { limit, retry_after } => Err(Error::RateLimited { limit, retry_after }),
        }
    }

    fn charges(&self, event: LimitedCall<'_>, reader: LimitedReader<'_>) -> Vec<Charge> {
        use LimitName as Name;
        let (look, one) = (ChargeWeight::Look, ChargeWeight::One);
        // Known or not: a report costs a moderator's look, whoever sends it.
        let anybody = LimitedReader { known: false, ..reader };
        match event {
            LimitedCall::BeforeSubmit => [person(reader, look, &SUBMITS), person(reader, look, &FAILURES)].concat(),
            LimitedCall::Submit(article) => {
                let place = self.place(reader, article, Name::SubmitsPerArticle, Name::SubmitsPerSite);
                // This covers all limits of `BeforeSubmit`, so that a right answer can be charged without a look.
                [&person(reader, one, &SUBMITS)[..], &person(reader, look, &FAILURES), &place].concat()
            }
            LimitedCall::BeforeVerify => [person(reader, look, &CHALLENGES), person(reader, look, &FAILURES)].concat(),
            LimitedCall::Challenge(article) => {
                let place = self.place(reader, article, Name::ChallengesPerArticle, Name::ChallengesPerSite);
                // A reader who keeps answering wrongly gets harder challenges, and then none.
                // This covers all limits of `BeforeVerify`.
                [&person(reader, one, &CHALLENGES)[..], &person(reader, look, &FAILURES), &place].concat()
            }
            LimitedCall::Failure => person(reader, one, &FAILURES),
            LimitedCall::BeforeReport => person(anybody, look, &REPORTS),
            LimitedCall::Report(None) => person(anybody, one, &REPORTS),
            LimitedCall::Report(Some(article)) => {
                let place = self.place(reader, article, Name::ReportsPerArticle, Name::ReportsPerSite);
                [&person(anybody, one, &REPORTS)[..], &place].concat()
            }
        }
    }

    /// The charges of an article and its site. Only devices that are known may use the reserve.
    fn place(
        &self,
        reader: LimitedReader<'_>,
        article: &ArticleId,
        per_article: LimitName,
        per_site: LimitName,
    ) -> [Charge; 2] {
        // Hashed, because a portal's id may hold any character and Redis keys give braces a meaning.
        let hash = self.keyring.pseudonym(reader.site, PseudonymSubject::Fingerprint, article.as_str().as_bytes());
        let weight = if reader.is_known_device() { ChargeWeight::One } else { ChargeWeight::OneBesideReserve };
        let charge = |limit, subject| Charge { limit, subject: subject_of(reader.site, subject), weight };
        [charge(per_article, hash), charge(per_site, [0; 16])]
    }
}

/// The charges of one person. A device that is known answers for itself, and never for others behind its address. A new one counts
/// against its prefixes too, or a bot would take a new one for each try; but apart from those who have none, so that bots which keep no
/// cookie use up each other's quota alone. IPv6 prefixes are nested: each has its quota.
fn person(reader: LimitedReader<'_>, weight: ChargeWeight, limits: &PerPerson) -> Vec<Charge> {
    let LimitedReader { site, sender, wider, .. } = reader;
    let own = sender.device.map(|device| (limits.device, subject_of(site, device)));
    let crowd = if sender.device.is_some() { ":device" } else { "" };
    let prefixes = sender.prefix.into_iter().chain(wider.into_iter().flatten());
    let prefixes = limits.prefixes.iter().zip(prefixes).filter(|_| !reader.is_known_device());
    let prefixes = prefixes.map(|(limit, prefix)| (*limit, subject_in(site, prefix, crowd)));
    own.into_iter().chain(prefixes).map(|(limit, subject)| Charge { limit, subject, weight }).collect()
}

fn subject_of(site: &SiteId, subject: Pseudonym) -> String {
    subject_in(site, subject, "")
}

/// A subject in the words of a limit's key, among those of its `crowd`.
fn subject_in(site: &SiteId, subject: Pseudonym, crowd: &str) -> String {
    let mut digits = [0; 32];
    // Two digits for each byte always fit.
    let _ = hex::encode_to_slice(subject, &mut digits);
    [site.as_str(), "/", str::from_utf8(&digits).unwrap_or_default(), crowd].concat()
}

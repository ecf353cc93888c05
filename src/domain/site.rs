//! The policy of a site: inherited settings, auto-close and lockdown.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Error, Result,
    article::{Article, ArticleRules},
    id::SiteId,
    mode::Mode,
    request::RequestRow,
    violation::{Problem, Violations},
};

/// Default number of open reports that requeue a comment. One angry reader alone cannot reach it.
pub const REPORT_THRESHOLD: i32 = 3;

/// Largest number of open reports that a site may require.
pub const MAX_REPORT_THRESHOLD: i32 = 1_000;

/// Longest auto-close period, in days: ten years.
pub const MAX_AUTO_CLOSE_DAYS: i32 = 3_650;

/// Longest lockdown, in days. For a longer time, change the mode instead.
pub const MAX_LOCKDOWN_DAYS: i64 = 30;

/// The stored policy of a site. The default applies to a site without a stored row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// `None` inherits the service's setting.
    pub mode: Option<Mode>,
    /// Number of days after publication when articles close; 0 means never.
    pub auto_close_days: i32,
    /// 0 means [`REPORT_THRESHOLD`].
    pub report_threshold: i32,
    /// Revision of the policy, 0 before the first change. A lockdown does not increase it.
    pub revision: i64,
    /// The last lockdown, which may be over.
    pub lockdown: Option<Lockdown>,
}

/// A period in which no comment is published without review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockdown {
    pub until: DateTime<Utc>,
    pub note: String,
    pub called_by: String,
    /// Whether every reader gets harder challenges during the lockdown.
    #[serde(default)]
    pub harder_challenges: bool,
}

impl Site {
    /// Computes the rules of the site when the service's default mode is `default`.
    pub fn rules(&self, default: Mode) -> SiteRules {
        SiteRules {
            mode: self.mode.unwrap_or(default),
            auto_close_days: self.auto_close_days,
            lockdown_until: self.lockdown.as_ref().map(|lockdown| lockdown.until),
        }
    }

    /// Returns the number of open reports that requeue a comment.
    pub const fn reports_needed(&self) -> i32 {
        if self.report_threshold > 0 { self.report_threshold } else { REPORT_THRESHOLD }
    }

    /// Checks whether every reader gets a harder challenge at `now`.
    pub fn is_alarmed(&self, now: DateTime<Utc>) -> bool {
        self.lockdown_at(now).is_some_and(|lockdown| lockdown.harder_challenges)
    }

    pub fn lockdown_at(&self, now: DateTime<Utc>) -> Option<&Lockdown> {
        self.lockdown.as_ref().filter(|lockdown| now < lockdown.until)
    }
}

/// A site's policy after the service's defaults were applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteRules {
    pub mode: Mode,
    pub auto_close_days: i32,
    pub lockdown_until: Option<DateTime<Utc>>,
}

impl SiteRules {
    /// Computes when the article closes: its own closing time, or else the time of auto-close.
    pub fn closes_at(&self, article: &ArticleRules) -> Option<DateTime<Utc>> {
        let days = (self.auto_close_days > 0).then(|| Duration::days(self.auto_close_days.into()));
        let auto = days.and_then(|days| article.opened_at.checked_add_signed(days));
        article.close_at.or(auto)
    }

    /// A hidden article stays hidden after its closing time, and a closed one stays closed in a lockdown.
    pub fn mode_of(&self, article: &Article, now: DateTime<Utc>) -> Mode {
        self.mode_by(&article.rules(), now)
    }

    /// Does the same as [`SiteRules::mode_of`] when only an article's rules are known.
    pub fn mode_by(&self, article: &ArticleRules, now: DateTime<Utc>) -> Mode {
        let closed = self.closes_at(article).is_some_and(|end| now >= end);
        match article.mode.unwrap_or(self.mode) {
            Mode::Hidden => Mode::Hidden,
            _ if closed => Mode::Closed,
            mode => self.locked(mode, now),
        }
    }

    /// Checks whether readers see none of the article's comments. The time does not matter.
    pub fn hides(&self, article: &Article) -> bool {
        article.mode.unwrap_or(self.mode) == Mode::Hidden
    }

    /// Returns the mode in force at `now` on articles that set no mode and never close.
    pub fn mode_at(&self, now: DateTime<Utc>) -> Mode {
        self.locked(self.mode, now)
    }

    fn locked(&self, mode: Mode, now: DateTime<Utc>) -> Mode {
        let locked = self.lockdown_until.is_some_and(|until| now < until);
        if locked && matches!(mode, Mode::Post | Mode::Hybrid) { Mode::Pre } else { mode }
    }
}

/// A change of the site's policy, as it is passed to the store. `None` leaves a field unchanged.
#[derive(Debug, Clone)]
pub struct SiteChange {
    /// Id of the audit row to write.
    pub audit_id: Uuid,
    pub site: SiteId,
    pub mode: Option<Option<Mode>>,
    pub auto_close_days: Option<i32>,
    pub report_threshold: Option<i32>,
    /// The revision that the caller saw. 0 means that the policy was never changed.
    pub expected_revision: i64,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

impl SiteChange {
    /// Applies the change to the policy.
    ///
    /// # Errors
    /// [`Error::StaleSite`] when the policy is at another revision than the expected one.
    pub fn apply(&self, mut site: Site) -> Result<Site> {
        if site.revision != self.expected_revision {
            return Err(Error::StaleSite { current: site.revision });
        }
        site.mode = self.mode.unwrap_or(site.mode);
        site.auto_close_days = self.auto_close_days.unwrap_or(site.auto_close_days);
        site.report_threshold = self.report_threshold.unwrap_or(site.report_threshold);
        site.revision += 1;
        Ok(site)
    }

    /// Formats the changed fields as a text for the audit: `mode=POST auto_close_days=7`.
    pub fn summary(&self) -> String {
        let mode = self.mode.map(|mode| format!("mode={}", mode.map_or("default", Mode::as_str)));
        let days = self.auto_close_days.map(|days| format!("auto_close_days={days}"));
        let threshold = self.report_threshold.map(|threshold| format!("report_threshold={threshold}"));
        [mode, days, threshold].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The start or the end of a lockdown, as it is passed to the store.
#[derive(Debug, Clone)]
pub struct LockdownCall {
    /// Id of the audit row to write.
    pub audit_id: Uuid,
    pub site: SiteId,
    /// `None` ends the lockdown in force.
    pub until: Option<DateTime<Utc>>,
    pub harder_challenges: bool,
    pub note: String,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

impl LockdownCall {
    /// Starts or ends the lockdown in the policy.
    pub fn apply(&self, mut site: Site) -> Site {
        let called = |until| Lockdown {
            until,
            note: self.note.clone(),
            called_by: self.actor.clone(),
            harder_challenges: self.harder_challenges,
        };
        site.lockdown = self.until.map(called);
        site
    }

    /// Formats a text for the audit: the end of the lockdown or `lifted`, and the note.
    pub fn summary(&self) -> String {
        let harder = if self.harder_challenges { " harder_challenges" } else { "" };
        let change =
            self.until.map_or_else(|| "lifted".to_owned(), |until| format!("until={}{harder}", to_text(until)));
        if self.note.is_empty() { change } else { format!("{change} {}", self.note) }
    }

    /// Adds a violation if the end is in the past or more than [`MAX_LOCKDOWN_DAYS`] away.
    pub fn check_until(until: Option<DateTime<Utc>>, now: DateTime<Utc>, violations: &mut Violations) {
        if until.is_some_and(|until| until <= now || until > now + Duration::days(MAX_LOCKDOWN_DAYS)) {
            violations.add("until", Problem::OutOfRange);
        }
    }
}

fn to_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ArticleId;

    fn after(days: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(days)
    }

    fn article(mode: Option<Mode>) -> Article {
        Article { mode, ..Article::unknown(ArticleId::parse("a").unwrap(), None, after(0)) }
    }

    fn rules(mode: Mode) -> SiteRules {
        SiteRules { mode, auto_close_days: 0, lockdown_until: None }
    }

    #[test]
    fn closing_time_closes_but_never_shows_a_hidden_article() {
        let mut article = Article { close_at: Some(after(3)), ..article(Some(Mode::Post)) };
        assert_eq!(rules(Mode::Pre).mode_of(&article, after(3)), Mode::Closed);
        assert_eq!(rules(Mode::Pre).mode_of(&article, after(2)), Mode::Post);
        article.mode = Some(Mode::Hidden);
        assert_eq!(rules(Mode::Pre).mode_of(&article, after(3)), Mode::Hidden);
    }

    #[test]
    fn auto_close_counts_from_publication_unless_the_article_has_its_own_closing_time() {
        let rules = SiteRules { auto_close_days: 7, ..rules(Mode::Post) };
        let mut article = article(None);
        assert_eq!([6, 7].map(|day| rules.mode_of(&article, after(day))), [Mode::Post, Mode::Closed]);
        article.published_at = Some(after(-3));
        assert_eq!([3, 4].map(|day| rules.mode_of(&article, after(day))), [Mode::Post, Mode::Closed]);
        article.close_at = Some(after(100));
        assert_eq!([99, 100].map(|day| rules.mode_of(&article, after(day))), [Mode::Post, Mode::Closed]);
    }

    #[test]
    fn a_lockdown_changes_only_modes_that_publish_without_review() {
        let locked = |mode| SiteRules { lockdown_until: Some(after(2)), ..rules(mode) };
        for (mode, inside) in [
            (Mode::Pre, Mode::Pre),
            (Mode::Post, Mode::Pre),
            (Mode::Hybrid, Mode::Pre),
            (Mode::Closed, Mode::Closed),
            (Mode::Hidden, Mode::Hidden),
        ] {
            assert_eq!(locked(Mode::Pre).mode_of(&article(Some(mode)), after(1)), inside);
            assert_eq!(locked(mode).mode_of(&article(None), after(1)), inside);
            assert_eq!(locked(mode).mode_at(after(1)), inside);
            assert_eq!(locked(mode).mode_of(&article(None), after(2)), mode, "the lockdown is over");
        }
    }
}

//! The moderation policy of a site.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Policies;
use crate::{
    domain::{
        Result,
        access::Caller,
        id::SiteId,
        mode::Mode,
        site::{LockdownCall, Site, SiteChange, SiteRules},
        violation::Violations,
    },
    service::{ids::new_id, request_row::request_row},
};

/// A checked change: `None` leaves a field as it is.
#[derive(Debug, Clone, Serialize)]
pub struct SiteUpdate {
    pub mode: Option<Option<Mode>>,
    pub auto_close_days: Option<i32>,
    pub report_threshold: Option<i32>,
    pub expected_revision: i64,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// A checked request for a lockdown, except for whether its end is already past.
#[derive(Debug, Clone, Serialize)]
pub struct LockdownRequest {
    /// `None` ends the lockdown in force.
    pub until: Option<DateTime<Utc>>,
    pub harder_challenges: bool,
    pub note: String,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Policies {
    /// Returns the site's policy and the rules that result from it.
    pub async fn get_site(&self, site: &SiteId) -> Result<(Site, SiteRules)> {
        let policies = self.core.store.find_policies(site, &[]).await?;
        Ok(self.with_rules(policies.site))
    }

    /// Changes the site's policy.
    ///
    /// # Errors
    /// `StaleSite`, `RequestIdReused`.
    pub async fn update_site(
        &self,
        caller: &Caller,
        update: SiteUpdate,
        now: DateTime<Utc>,
    ) -> Result<(Site, SiteRules)> {
        let change = SiteChange {
            audit_id: new_id(now),
            site: caller.site.clone(),
            mode: update.mode,
            auto_close_days: update.auto_close_days,
            report_threshold: update.report_threshold,
            expected_revision: update.expected_revision,
            actor: caller.name.clone(),
            at: now,
            request: Some(request_row(&self.core.keyring, "UpdateSite", caller, &update, update.request_id)?),
        };
        let shown = self.core.pages.change();
        let (site, rules) = self.with_rules(self.core.store.update_site(&change).await?);
        // The comments are also hidden when the site removes its own mode and the server's default mode is HIDDEN.
        shown.settle(rules.mode == Mode::Hidden).await;
        Ok((site, rules))
    }

    /// Starts or ends a lockdown. Every submit reads the site's row when it begins, so one that begins after the
    /// response is held; one that began earlier may still be published.
    ///
    /// # Errors
    /// `Invalid` when the lockdown's end is already past, and `RequestIdReused`.
    pub async fn lock_down(
        &self,
        caller: &Caller,
        request: LockdownRequest,
        now: DateTime<Utc>,
    ) -> Result<(Site, SiteRules)> {
        let mut violations = Violations::default();
        LockdownCall::check_until(request.until, now, &mut violations);
        if let Err(late) = violations.into_result()
            // A resend gets the first response, even if the lockdown has ended by then.
            && self.core.store.find_request(&caller.site, request.request_id).await?.is_none()
        {
            return Err(late.into());
        }
        let call = LockdownCall {
            audit_id: new_id(now),
            site: caller.site.clone(),
            until: request.until,
            harder_challenges: request.harder_challenges,
            request: Some(request_row(&self.core.keyring, "Lockdown", caller, &request, request.request_id)?),
            note: request.note,
            actor: caller.name.clone(),
            at: now,
        };
        let _change = self.core.pages.change();
        Ok(self.with_rules(self.core.store.call_lockdown(&call).await?))
    }

    fn with_rules(&self, site: Site) -> (Site, SiteRules) {
        let rules = site.rules(self.core.defaults.get().mode);
        (site, rules)
    }
}

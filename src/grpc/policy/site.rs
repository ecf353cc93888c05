//! `PolicyService.GetSite`, `UpdateSite` and `Lockdown`.

use chrono::{DateTime, Utc};
use duyet_proto::v1;

use super::{PolicyGrpc, mask::Mask};
use crate::{
    domain::{
        Error, Result, decision, form,
        site::{LockdownCall, MAX_AUTO_CLOSE_DAYS, MAX_REPORT_THRESHOLD, Site, SiteRules},
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::values::{from_mode, from_time, optional, to_mode, to_time},
    },
    service::{LockdownRequest, SiteUpdate},
};

/// Fields that an update may change.
const MUTABLE: [&str; 3] = ["mode", "auto_close_days", "report_threshold"];

impl PolicyGrpc {
    pub(super) async fn get_site(&self, call: &Call) -> Result<v1::GetSiteResponse> {
        let site = self.policies.get_site(&call.caller.site).await?;
        Ok(v1::GetSiteResponse { site: Some(to_site(site, call.now)) })
    }

    pub(super) async fn update_site(
        &self,
        call: &Call,
        request: v1::UpdateSiteRequest,
    ) -> Result<v1::UpdateSiteResponse> {
        let site = self.policies.update_site(&call.caller, site_update(request)?, call.now).await?;
        Ok(v1::UpdateSiteResponse { site: Some(to_site(site, call.now)) })
    }

    pub(super) async fn lockdown(&self, call: &Call, request: v1::LockdownRequest) -> Result<v1::LockdownResponse> {
        let site = self.policies.lock_down(&call.caller, lockdown_request(&request, call.now)?, call.now).await?;
        Ok(v1::LockdownResponse { site: Some(to_site(site, call.now)) })
    }
}

fn to_site((site, rules): (Site, SiteRules), now: DateTime<Utc>) -> v1::SitePolicy {
    let lockdown = site.lockdown_at(now).map(|lockdown| v1::SiteLockdown {
        until: Some(to_time(lockdown.until)),
        note: lockdown.note.clone(),
        called_by: lockdown.called_by.clone(),
        harder_challenges: lockdown.harder_challenges,
    });
    v1::SitePolicy {
        mode: site.mode.map_or(v1::Mode::Unspecified, to_mode).into(),
        auto_close_days: site.auto_close_days,
        report_threshold: site.report_threshold,
        revision: site.revision,
        lockdown,
        effective_mode: to_mode(rules.mode_at(now)).into(),
    }
}

fn site_update(request: v1::UpdateSiteRequest) -> Result<SiteUpdate> {
    let mut violations = Violations::default();
    let site = request.site.unwrap_or_default();
    let mode = optional(site.mode, from_mode, "site.mode", &mut violations);
    let ranges = [
        ("site.auto_close_days", site.auto_close_days, MAX_AUTO_CLOSE_DAYS),
        ("site.report_threshold", site.report_threshold, MAX_REPORT_THRESHOLD),
    ];
    for (field, value, most) in ranges {
        if !(0..=most).contains(&value) {
            violations.add(field, Problem::OutOfRange);
        }
    }
    if site.revision < 0 {
        violations.add("site.revision", Problem::OutOfRange);
    }
    let mask = Mask::check(request.update_mask, &MUTABLE, &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    violations.into_result()?;
    Ok(SiteUpdate {
        mode: mask.names("mode").then_some(mode),
        auto_close_days: mask.names("auto_close_days").then_some(site.auto_close_days),
        report_threshold: mask.names("report_threshold").then_some(site.report_threshold),
        expected_revision: site.revision,
        request_id: request_id.ok_or_else(|| Error::invalid("request_id", Problem::Required))?,
    })
}

fn lockdown_request(request: &v1::LockdownRequest, now: DateTime<Utc>) -> Result<LockdownRequest> {
    let mut violations = Violations::default();
    let until = from_time(request.until, "until", &mut violations);
    let note = decision::check_note(&request.note, &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    if violations.iter().next().is_some() {
        // The time is checked here only if the request fails anyway. Otherwise the service checks it, because a resend
        // may arrive after the lockdown has ended.
        LockdownCall::check_until(until, now, &mut violations);
    }
    violations.into_result()?;
    let request_id = request_id.ok_or_else(|| Error::invalid("request_id", Problem::Required))?;
    Ok(LockdownRequest { until, harder_challenges: request.harder_challenges, note, request_id })
}

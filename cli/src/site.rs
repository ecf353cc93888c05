//! `duyet site` and `duyet lockdown`: the policy of the site.

use tonic::Status;
use uuid::Uuid;

use super::{
    args::{LockdownArgs, SiteArgs},
    connection::Connection,
    context::Context,
    exit::{Exit, Failure, local_time},
    facts, moment, names, sanitize,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

/// Runs `site`: changes the given settings, then prints the policy.
pub(super) async fn run(context: &Context<'_>, args: SiteArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let site = read_and_change(&mut connection, &args).await;
    let site = site.map_err(|status| stale(context, context.failure(&connection, &status)))?;
    if context.output.json {
        // The response to an update has the same field.
        context.output.json(&Json::new(&v1::GetSiteResponse { site: Some(site) }))?;
    } else {
        context.output.data(&describe(&site, context.locale))?;
    }
    Ok(Exit::Done)
}

pub(super) async fn lockdown(context: &Context<'_>, args: LockdownArgs) -> Result<Exit, Failure> {
    let until = context.end(args.end, args.term)?;
    let mut connection = context.connect().await?;
    let request = v1::LockdownRequest {
        until: until.map(moment::stamp),
        harder_challenges: args.harder_challenges,
        note: args.note.unwrap_or_default(),
        request_id: Uuid::new_v4().to_string(),
    };
    let answer = connection.policy.lockdown(request).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(Exit::Done);
    }
    let site = answer.site.unwrap_or_default();
    let until = site.lockdown.as_ref().and_then(|lockdown| moment::time(lockdown.until.as_ref()));
    let mode = names::mode(site.effective_mode).map(|name| names::words(context.locale, "mode", name));
    let said = match until {
        Some(until) => context.locale.text_with("cli-lockdown", &[("at", local_time(until, context.locale).into())]),
        None => context.locale.text_with("cli-lockdown-lifted", &[("mode", mode.unwrap_or_default().into())]),
    };
    context.output.data(&said)?;
    if site.lockdown.is_some_and(|lockdown| lockdown.harder_challenges) {
        context.output.data(&context.locale.text("cli-lockdown-harder"))?;
    }
    Ok(Exit::Done)
}

/// Updates the site at the revision that was read (optimistic concurrency). Fails with a conflict if it changed since.
async fn read_and_change(connection: &mut Connection, args: &SiteArgs) -> Result<v1::SitePolicy, Status> {
    let site = connection.policy.get_site(v1::GetSiteRequest {}).await?.into_inner().site.unwrap_or_default();
    let Some(request) = request(args, site.revision) else { return Ok(site) };
    Ok(connection.policy.update_site(request).await?.into_inner().site.unwrap_or_default())
}

/// Returns the update of the given settings; `None` if none is given.
fn request(args: &SiteArgs, revision: i64) -> Option<v1::UpdateSiteRequest> {
    let given = [
        ("mode", args.site_mode.is_some()),
        ("auto_close_days", args.auto_close.is_some()),
        ("report_threshold", args.report_threshold.is_some()),
    ];
    let paths = given.iter().filter(|(_, given)| *given).map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>();
    if paths.is_empty() {
        return None;
    }
    let site = v1::SitePolicy {
        mode: args.site_mode.map_or(v1::Mode::Unspecified, v1::Mode::from).into(),
        auto_close_days: args.auto_close.unwrap_or_default(),
        report_threshold: args.report_threshold.unwrap_or_default(),
        revision,
        ..Default::default()
    };
    Some(v1::UpdateSiteRequest {
        site: Some(site),
        update_mask: Some(prost_types::FieldMask { paths }),
        request_id: Uuid::new_v4().to_string(),
    })
}

/// Rewords a conflict as one about the site. The API has one reason for all conflicts.
fn stale(context: &Context<'_>, failure: Failure) -> Failure {
    if failure.exit == Exit::Conflict && failure.prior.is_none() {
        return Failure { message: context.locale.text("error-stale-site"), ..failure };
    }
    failure
}

fn describe(site: &v1::SitePolicy, locale: Locale) -> String {
    let mode = |value| names::mode(value).map(|name| names::words(locale, "mode", name));
    let lockdown = site.lockdown.as_ref().map(|lockdown| {
        let until = moment::time(lockdown.until.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default();
        let values = [
            ("at", until.into()),
            ("actor", sanitize::line(&lockdown.called_by).into()),
            ("note", sanitize::line(&lockdown.note).into()),
        ];
        let text = locale.text_with("cli-lockdown-by", &values);
        if lockdown.harder_challenges { format!("{text}; {}", locale.text("cli-harder-challenges")) } else { text }
    });
    let counted = |key: &str, count: i32| locale.text_with(key, &[("count", count.into())]);
    let facts = [
        ("mode", mode(site.mode).unwrap_or_else(|| locale.text("cli-mode-default"))),
        ("effective-mode", mode(site.effective_mode).unwrap_or_default()),
        ("auto-close", counted("cli-auto-close", site.auto_close_days)),
        ("report-threshold", counted("cli-report-threshold", site.report_threshold)),
        ("lockdown", lockdown.unwrap_or_else(|| locale.text("cli-lockdown-none"))),
        ("revision", locale.integer(site.revision)),
    ];
    facts::list(&facts, locale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::SiteModeChoice;

    fn args(site_mode: Option<SiteModeChoice>, auto_close: Option<i32>, report_threshold: Option<i32>) -> SiteArgs {
        SiteArgs { site_mode, auto_close, report_threshold }
    }

    #[test]
    fn only_given_settings_are_updated() {
        assert!(request(&args(None, None, None), 3).is_none());
        let asked = request(&args(Some(SiteModeChoice::Default), Some(0), None), 3).unwrap();
        assert_eq!(asked.update_mask.unwrap().paths, ["mode", "auto_close_days"]);
        let site = asked.site.unwrap();
        assert_eq!((site.mode(), site.auto_close_days, site.revision), (v1::Mode::Unspecified, 0, 3));
    }

    #[test]
    fn the_policy_is_printed_with_the_lockdown_in_force() {
        let lockdown = v1::SiteLockdown {
            note: "bị\u{1b}[2J phá".into(),
            called_by: "lan".into(),
            harder_challenges: true,
            ..Default::default()
        };
        let site = v1::SitePolicy {
            auto_close_days: 14,
            effective_mode: v1::Mode::Pre.into(),
            lockdown: Some(lockdown),
            revision: 2,
            ..Default::default()
        };
        let plain = anstream::adapter::strip_str(&describe(&site, Locale::Vi)).to_string();
        for words in ["sau 14 ngày", "duyệt trước", "lan", "bị phá", "mã kiểm tra khó hơn", "theo cấu hình"]
        {
            assert!(plain.contains(words), "{words} in {plain}");
        }
        let calm = describe(&v1::SitePolicy::default(), Locale::En);
        assert!(calm.contains("never") && calm.contains("none"), "{calm}");
    }
}

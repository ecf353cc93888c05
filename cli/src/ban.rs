//! `duyet ban`, `unban` and `bans`: bans of senders and texts.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    args::{BanArgs, BansArgs, UnbanArgs},
    choices::SubjectChoice,
    context::Context,
    exit::{Exit, Failure, local_time},
    items, moment, names, sanitize,
    table::{self, Column},
    terminal,
};
use duyet_locale::{Locale, Value};
use duyet_proto::{
    Json,
    v1::{self, create_ban_request::Subject},
};

/// Runs `ban`.
pub(super) async fn create(context: &Context<'_>, args: BanArgs) -> Result<Exit, Failure> {
    let end = context.end(args.end, args.term)?;
    let mut connection = context.connect().await?;
    let answer = connection.bans.create_ban(request(args, end, context.now)).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    let items = items::read(context, &connection, &answer.results);
    let worst = items::worst(&items);
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(worst);
    }
    for item in &items {
        item.complain(context);
    }
    let ban = answer.ban.unwrap_or_default();
    context.output.data(&sentence(&ban, context.locale))?;
    let changed = items.iter().filter(|item| item.is_changed()).count();
    if !items.is_empty() {
        context.output.data(&context.locale.text_with("cli-ban-swept", &[("count", changed.into())]))?;
    }
    if !ban.batch_id.is_empty() {
        let batch = sanitize::line(&ban.batch_id);
        context.output.data(&context.locale.text_with("cli-undo-batch", &[("batch", batch.into())]))?;
    }
    if answer.more {
        context.talk("cli-ban-more", &[]);
    }
    Ok(worst)
}

/// Runs `unban`.
pub(super) async fn revoke(context: &Context<'_>, args: UnbanArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let request = v1::RevokeBanRequest {
        ban_id: args.ban_id.to_string(),
        note: args.note.unwrap_or_default(),
        request_id: Uuid::new_v4().to_string(),
    };
    let answer = connection.bans.revoke_ban(request).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
    } else {
        let key = if answer.changed { "cli-unbanned" } else { "cli-unbanned-already" };
        let ban = answer.ban.unwrap_or_default();
        context.output.data(&context.locale.text_with(key, &values(&ban, context.locale)))?;
    }
    Ok(Exit::Done)
}

/// Runs `bans`.
pub(super) async fn list(context: &Context<'_>, args: BansArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let request = v1::ListBansRequest {
        ended: args.ended,
        page_size: args.limit,
        page_token: args.page_token.unwrap_or_default(),
    };
    let answer = connection.bans.list_bans(request).await;
    let page = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&page))?;
        return Ok(Exit::Done);
    }
    if page.bans.is_empty() {
        context.talk("cli-bans-empty", &[]);
        return Ok(Exit::Done);
    }
    context.output.data(&draw(&page.bans, context.locale, context.now, terminal::width()))?;
    if !page.next_page_token.is_empty() {
        context.talk("cli-next-page", &[("token", page.next_page_token.into())]);
    }
    Ok(Exit::Done)
}

fn request(args: BanArgs, end: Option<DateTime<Utc>>, now: DateTime<Utc>) -> v1::CreateBanRequest {
    let (subject, kind) = match (args.id, args.author_key) {
        (Some(id), _) => {
            // A device is the narrowest subject: the ban affects no other reader.
            let kind = args.subject.unwrap_or(SubjectChoice::Device);
            (Some(Subject::CommentId(id.to_string())), kind)
        }
        (None, author) => (author.map(Subject::Author), SubjectChoice::Author),
    };
    v1::CreateBanRequest {
        subject,
        subject_kind: v1::BanSubject::from(kind).into(),
        effect: v1::BanEffect::from(args.effect).into(),
        reason: args.reason.into(),
        note: args.note.unwrap_or_default(),
        expires_at: end.map(moment::stamp),
        reject_pending: args.reject_pending,
        remove_published: args.remove_published,
        since: args.since.map(|since| moment::stamp(since.resolve(now))),
        request_id: Uuid::new_v4().to_string(),
    }
}

fn sentence(ban: &v1::Ban, locale: Locale) -> String {
    locale.text_with("cli-banned", &values(ban, locale))
}

fn values(ban: &v1::Ban, locale: Locale) -> [(&'static str, Value); 6] {
    let time = |at| moment::time(at).map(|at| local_time(at, locale)).unwrap_or_default();
    [
        ("id", sanitize::line(&ban.id).into()),
        ("subject", subject(ban, locale).into()),
        ("effect", names::effect(ban.effect).unwrap_or_default().into()),
        ("until", time(ban.expires_at.as_ref()).into()),
        ("actor", sanitize::line(&ban.revoked_by).into()),
        ("at", time(ban.revoked_at.as_ref()).into()),
    ]
}

fn subject(ban: &v1::Ban, locale: Locale) -> String {
    let kind = names::subject(ban.subject_kind).map(|name| names::words(locale, "subject", name)).unwrap_or_default();
    format!("{kind} {}", sanitize::line(&ban.author)).trim_end().to_owned()
}

fn draw(bans: &[v1::Ban], locale: Locale, now: DateTime<Utc>, width: usize) -> String {
    let title = |key: &str| locale.text(&format!("cli-column-{key}"));
    let columns = [
        Column::whole(title("id")),
        Column::whole(title("subject")),
        Column::whole(title("effect")),
        Column::whole(title("ends")),
        Column::short(title("actor"), 18),
        Column::text(title("why")),
        Column::extra(title("about"), 36),
    ];
    let rows = bans.iter().map(|ban| {
        let reason = names::reason(ban.reason).map(|name| names::words(locale, "reason", name)).unwrap_or_default();
        let why = if ban.note.is_empty() { reason } else { format!("{reason}: {}", ban.note) };
        let effect = names::effect(ban.effect).map(|name| names::words(locale, "effect", name)).unwrap_or_default();
        let row = [ban.id.clone(), subject(ban, locale), effect, ends(ban, locale, now), ban.created_by.clone()];
        row.into_iter().chain([why, ban.comment_id.clone()]).collect()
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

fn ends(ban: &v1::Ban, locale: Locale, now: DateTime<Utc>) -> String {
    if !ban.revoked_by.is_empty() || ban.revoked_at.is_some() {
        return locale.text_with("cli-ban-revoked", &values(ban, locale));
    }
    match moment::time(ban.expires_at.as_ref()) {
        Some(end) if end > now => local_time(end, locale),
        Some(end) => locale.text_with("cli-ban-ended", &[("at", local_time(end, locale).into())]),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    const ID: &str = "01970000-0000-7000-8000-000000000001";

    fn asked(args: &[&str]) -> v1::CreateBanRequest {
        let cli = Cli::try_parse_from([&["duyet", "ban"], args].concat()).unwrap();
        let Command::Ban(args) = cli.command else { panic!("another command") };
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let end = moment::ahead(args.end, args.term, now);
        request(*args, end, now)
    }

    #[test]
    fn a_ban_blocks_the_device_by_default() {
        let plain = asked(&[ID, "-r", "insult", "--for", "7d"]);
        assert_eq!((plain.subject_kind(), plain.effect()), (v1::BanSubject::Device, v1::BanEffect::Block));
        assert_eq!(plain.subject, Some(Subject::CommentId(ID.into())));
        assert_eq!(plain.expires_at.map(|at| at.seconds), Some(1_000_000 + 7 * 86_400));
        assert_eq!((plain.since, plain.reject_pending, plain.remove_published), (None, false, false));
        let wide =
            ["--kind", "IP_PREFIX", "--effect", "hold", "--reject-pending", "--remove-published", "--since", "1d"];
        let wide = asked(&[&[ID, "-r", "insult", "--for", "7d"], wide.as_slice()].concat());
        assert_eq!((wide.subject_kind(), wide.effect()), (v1::BanSubject::IpPrefix, v1::BanEffect::Hold));
        assert_eq!((wide.reject_pending, wide.remove_published), (true, true));
        assert_eq!(wide.since.map(|at| at.seconds), Some(1_000_000 - 86_400));
        let author = asked(&["--author", "a1b2", "-r", "insult", "--for", "7d"]);
        assert_eq!(author.subject, Some(Subject::Author("a1b2".into())));
        assert_eq!(author.subject_kind(), v1::BanSubject::Author);
    }

    #[test]
    fn a_ban_is_described_by_subject_effect_and_end() {
        let ban = v1::Ban {
            id: "ma".into(),
            subject_kind: v1::BanSubject::Author.into(),
            author: "a1b2\u{1b}[2J".into(),
            effect: v1::BanEffect::Hold.into(),
            expires_at: Some(moment::stamp(DateTime::from_timestamp(1_777_622_400, 0).unwrap())),
            ..Default::default()
        };
        let said = sentence(&ban, Locale::En);
        assert!(
            said.contains("author a1b2") && said.contains("held for a moderator") && said.contains("2026"),
            "{said}"
        );
        assert!(sentence(&ban, Locale::Vi).contains("người viết a1b2"));
        let revoked = v1::Ban { revoked_by: "lan".into(), revoked_at: ban.expires_at, ..ban.clone() };
        let table = draw(&[ban, revoked], Locale::En, DateTime::UNIX_EPOCH, 200);
        assert!(table.contains("hold") && table.contains("revoked by lan"), "{table}");
    }
}

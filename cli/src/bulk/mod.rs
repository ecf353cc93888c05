//! `duyet bulk`: one decision for everything that a filter finds. Each comment is decided at the revision it was seen at, so what
//! changes between the look and the deed is left alone.

mod run;
mod select;

use super::{
    args::BulkArgs,
    desk::Desk,
    lookup, names,
    outcome::{Failure, Outcome},
    queue, terminal,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};
use select::Found;

/// So many are shown before a decision.
const GLANCE: usize = 10;

/// Runs `bulk`.
pub(super) async fn run(desk: &Desk<'_>, args: BulkArgs) -> Result<Outcome, Failure> {
    refuse_careless(desk.locale, &args, terminal::is_typed())?;
    let mut connection = desk.connect().await?;
    let most = usize::try_from(args.most).unwrap_or(usize::MAX);
    let filter = v1::QueueFilter::from(args.filter.clone());
    let found = select::matching(&mut connection, filter.clone(), args.order.into(), most, GLANCE).await;
    let found = found.map_err(|status| desk.failure(&connection, &status))?;
    if found.matches.is_empty() {
        lookup::check(desk, &mut connection, &filter).await?;
    }
    let action = v1::Action::from(args.verb);
    if args.dry_run || found.matches.is_empty() {
        return preview(desk, &args, &found);
    }
    if !args.yes && !agreed(desk, action, &found)? {
        desk.talk("cli-bulk-dropped", &[]);
        return Ok(Outcome::Failed);
    }
    run::decide(desk, &mut connection, &args, found).await
}

/// A decision about everything is asked for in so many words, and one that nobody can be asked about needs `--yes`.
fn refuse_careless(locale: Locale, args: &BulkArgs, is_typed: bool) -> Result<(), Failure> {
    let refuse = |key| Err(Failure::new(Outcome::Usage, locale.text(key)));
    if args.filter.is_empty() && !args.all {
        return refuse("cli-bulk-all");
    }
    if !args.dry_run && !args.yes && !is_typed {
        return refuse("cli-bulk-yes");
    }
    Ok(())
}

/// What would be decided; as JSON the requests that would be sent.
fn preview(desk: &Desk<'_>, args: &BulkArgs, found: &Found) -> Result<Outcome, Failure> {
    if found.matches.is_empty() {
        desk.talk("cli-queue-empty", &[]);
    } else if desk.output.json {
        for batch in found.matches.chunks(run::BATCH) {
            desk.output.json_line(&Json::new(&run::request(args, batch)))?;
        }
        if found.more {
            desk.talk("cli-bulk-again", &[]);
        }
    } else {
        glance(desk, found, true)?;
        desk.output.data(&summary("cli-bulk-would", args.verb.into(), found, desk.locale))?;
    }
    Ok(Outcome::Done)
}

/// Shows the first few, and asks.
fn agreed(desk: &Desk<'_>, action: v1::Action, found: &Found) -> Result<bool, Failure> {
    glance(desk, found, false)?;
    desk.output.ask(&summary("cli-bulk-ask", action, found, desk.locale));
    terminal::read_yes().map_err(|error| Failure::new(Outcome::Failed, format!("stdin: {error}")))
}

/// As data where it is the result, beside it where it is a question.
fn glance(desk: &Desk<'_>, found: &Found, is_data: bool) -> Result<(), Failure> {
    let table = queue::draw(&found.first, desk.locale, desk.now, terminal::width());
    if is_data {
        desk.output.data(&table)?;
    } else {
        desk.output.talk(&table);
    }
    let rest = found.matches.len() - found.first.len();
    if rest > 0 {
        desk.talk("cli-bulk-rest", &[("count", rest.into())]);
    }
    Ok(())
}

/// How many of what, in a sentence.
fn summary(key: &str, action: v1::Action, found: &Found, locale: Locale) -> String {
    let count = |(status, count): (i32, usize)| {
        let status = names::status(status).map(|name| names::words(locale, "status", name));
        format!("{} {count}", status.unwrap_or_default())
    };
    let parts = found.by_status().into_iter().map(count).collect::<Vec<_>>().join(", ");
    let more = if found.more { locale.text("cli-bulk-more") } else { String::new() };
    let values = [
        ("action", names::action(action).into()),
        ("count", found.matches.len().into()),
        ("parts", parts.into()),
        ("more", more.into()),
    ];
    locale.text_with(key, &values)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn refusal(args: &[&str], is_typed: bool) -> Option<Outcome> {
        let cli = Cli::try_parse_from([&["duyet", "bulk"], args].concat()).unwrap();
        let Command::Bulk(args) = cli.command else { panic!("another command") };
        refuse_careless(Locale::En, &args, is_typed).err().map(|failure| failure.outcome)
    }

    #[test]
    fn the_question_says_how_many_of_what() {
        let case = |id: &str, status: i32| {
            let comment = v1::Comment { id: id.into(), status, ..Default::default() };
            v1::ReviewCase { comment: Some(comment), ..Default::default() }
        };
        let found = Found::of(vec![case("a", 1), case("b", 1), case("c", 2)], 3);
        let asked = |locale| summary("cli-bulk-ask", v1::Action::Reject, &found, locale);
        assert_eq!(asked(Locale::Vi), "Từ chối 3 bình luận này (chờ duyệt 2, đã duyệt 1)? [c/K]");
        assert_eq!(asked(Locale::En), "Reject these 3 comments (pending 2, approved 1)? [y/N]");
        let cut = Found::of(vec![case("a", 1), case("b", 1)], 1);
        let asked = summary("cli-bulk-ask", v1::Action::Approve, &cut, Locale::Vi);
        assert_eq!(asked, "Duyệt 1 bình luận này (chờ duyệt 1; và còn nữa ngoài giới hạn --limit)? [c/K]");
    }

    #[test]
    fn everything_at_once_must_be_meant() {
        assert_eq!(refusal(&["approve", "--yes"], true), Some(Outcome::Usage));
        assert_eq!(refusal(&["approve", "--dry-run"], true), Some(Outcome::Usage));
        assert_eq!(refusal(&["approve", "--all", "--yes"], false), None);
    }

    #[test]
    fn without_a_terminal_nobody_can_be_asked() {
        assert_eq!(refusal(&["spam", "-q", "vay"], false), Some(Outcome::Usage));
        assert_eq!(refusal(&["spam", "-q", "vay"], true), None);
        assert_eq!(refusal(&["spam", "-q", "vay", "--yes"], false), None);
        assert_eq!(refusal(&["spam", "-q", "vay", "--dry-run"], false), None);
    }
}

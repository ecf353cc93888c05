//! `duyet bulk`: one decision for all comments that match a filter. Each comment is decided at the revision that was
//! listed, so comments that changed since are left unchanged.

use super::{
    batches,
    select::{self, Selection},
};
use crate::{
    args::BulkArgs,
    context::Context,
    exit::{Exit, Failure},
    lookup, names, queue, terminal,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

/// Number of comments to show before the decision.
const GLANCE: usize = 10;

pub(crate) async fn run(context: &Context<'_>, args: BulkArgs) -> Result<Exit, Failure> {
    check_confirmation(context.locale, &args, terminal::is_typed())?;
    let mut connection = context.connect().await?;
    let most = usize::try_from(args.most).unwrap_or(usize::MAX);
    let filter = v1::QueueFilter::from(args.filter.clone());
    let found = select::matching(&mut connection, filter.clone(), args.order.into(), most, GLANCE).await;
    let found = found.map_err(|status| context.failure(&connection, &status))?;
    if found.matches.is_empty() {
        lookup::check(context, &mut connection, &filter).await?;
    }
    let action = v1::Action::from(args.verb);
    if args.dry_run || found.matches.is_empty() {
        return preview(context, &args, &found);
    }
    if !args.yes && !agreed(context, action, &found)? {
        context.talk("cli-bulk-dropped", &[]);
        return Ok(Exit::Failed);
    }
    batches::decide(context, &mut connection, &args, found).await
}

/// Requires `--all` for an empty filter, and `--yes` if there is no terminal for the question.
fn check_confirmation(locale: Locale, args: &BulkArgs, is_typed: bool) -> Result<(), Failure> {
    let usage = |key| Err(Failure::new(Exit::Usage, locale.text(key)));
    if args.filter.is_empty() && !args.all {
        return usage("cli-bulk-all");
    }
    if !args.dry_run && !args.yes && !is_typed {
        return usage("cli-bulk-yes");
    }
    Ok(())
}

/// Prints what would be decided; with `--json`, the requests that would be sent.
fn preview(context: &Context<'_>, args: &BulkArgs, found: &Selection) -> Result<Exit, Failure> {
    if found.matches.is_empty() {
        context.talk("cli-queue-empty", &[]);
    } else if context.output.json {
        for batch in found.matches.chunks(batches::BATCH) {
            context.output.json_line(&Json::new(&batches::request(args, batch)))?;
        }
        if found.more {
            context.talk("cli-bulk-again", &[]);
        }
    } else {
        glance(context, found, true)?;
        context.output.data(&summary("cli-bulk-would", args.verb.into(), found, context.locale))?;
    }
    Ok(Exit::Done)
}

/// Shows the first comments and asks for confirmation.
fn agreed(context: &Context<'_>, action: v1::Action, found: &Selection) -> Result<bool, Failure> {
    glance(context, found, false)?;
    context.output.ask(&summary("cli-bulk-ask", action, found, context.locale));
    terminal::read_yes().map_err(|error| Failure::new(Exit::Failed, format!("stdin: {error}")))
}

/// Prints the first comments: as data if they are the result, as a message if a question follows.
fn glance(context: &Context<'_>, found: &Selection, is_data: bool) -> Result<(), Failure> {
    let table = queue::draw(&found.first, context.locale, context.now, terminal::width());
    if is_data {
        context.output.data(&table)?;
    } else {
        context.output.talk(&table);
    }
    let rest = found.matches.len() - found.first.len();
    if rest > 0 {
        context.talk("cli-bulk-rest", &[("count", rest.into())]);
    }
    Ok(())
}

/// Formats the number of comments by status as a sentence.
fn summary(key: &str, action: v1::Action, found: &Selection, locale: Locale) -> String {
    let count = |(status, count): (i32, usize)| {
        let status = names::status(status).map(|name| names::words(locale, "status", name));
        format!("{} {}", status.unwrap_or_default(), locale.integer(i64::try_from(count).unwrap_or(i64::MAX)))
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

    fn exit_of(args: &[&str], is_typed: bool) -> Option<Exit> {
        let cli = Cli::try_parse_from([&["duyet", "bulk"], args].concat()).unwrap();
        let Command::Bulk(args) = cli.command else { panic!("another command") };
        check_confirmation(Locale::En, &args, is_typed).err().map(|failure| failure.exit)
    }

    #[test]
    fn the_question_has_the_counts_by_status() {
        let case = |id: &str, status: i32| {
            let comment = v1::Comment { id: id.into(), status, ..Default::default() };
            v1::ReviewCase { comment: Some(comment), ..Default::default() }
        };
        let found = Selection::of(vec![case("a", 1), case("b", 1), case("c", 2)], 3);
        let asked = |locale| summary("cli-bulk-ask", v1::Action::Reject, &found, locale);
        assert_eq!(asked(Locale::Vi), "Từ chối 3 bình luận này (chờ duyệt 2, đã duyệt 1)? [c/K]");
        assert_eq!(asked(Locale::En), "Reject these 3 comments (pending 2, approved 1)? [y/N]");
        let cut = Selection::of(vec![case("a", 1), case("b", 1)], 1);
        let asked = summary("cli-bulk-ask", v1::Action::Approve, &cut, Locale::Vi);
        assert_eq!(asked, "Duyệt 1 bình luận này (chờ duyệt 1; và còn nữa ngoài giới hạn --limit)? [c/K]");
    }

    #[test]
    fn an_empty_filter_requires_all() {
        assert_eq!(exit_of(&["approve", "--yes"], true), Some(Exit::Usage));
        assert_eq!(exit_of(&["approve", "--dry-run"], true), Some(Exit::Usage));
        assert_eq!(exit_of(&["approve", "--all", "--yes"], false), None);
    }

    #[test]
    fn without_a_terminal_yes_is_required() {
        assert_eq!(exit_of(&["spam", "-q", "vay"], false), Some(Exit::Usage));
        assert_eq!(exit_of(&["spam", "-q", "vay"], true), None);
        assert_eq!(exit_of(&["spam", "-q", "vay", "--yes"], false), None);
        assert_eq!(exit_of(&["spam", "-q", "vay", "--dry-run"], false), None);
    }
}

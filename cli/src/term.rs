//! `duyet terms` and `duyet term`: the terms that the newsroom lists. A term is identified by its words and tier, and
//! tried on past approved comments before it takes effect.

use tonic::Status;
use uuid::Uuid;

use super::{
    args::{TermArgs, TermsArgs},
    choices::{StateChoice, TierChoice},
    connection::Connection,
    context::Context,
    exit::{Exit, Failure, local_time},
    lookup, moment, names, sanitize,
    table::{self, Column},
    terminal,
};
use duyet_locale::{Locale, Value};
use duyet_proto::{Json, v1};

/// Number of pages of terms that are compared with an unknown one.
const PAGES_COMPARED: usize = 5;

/// Runs `terms`.
pub(super) async fn list(context: &Context<'_>, args: TermsArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let request = v1::ListTermsRequest {
        query: args.words.unwrap_or_default(),
        page_size: args.limit,
        page_token: args.page_token.unwrap_or_default(),
    };
    let answer = connection.rules.list_terms(request).await;
    let page = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&page))?;
        return Ok(Exit::Done);
    }
    if page.terms.is_empty() {
        context.talk("cli-terms-empty", &[]);
        return Ok(Exit::Done);
    }
    context.output.data(&draw(&page.terms, context.locale, terminal::width()))?;
    if !page.next_page_token.is_empty() {
        context.talk("cli-next-page", &[("token", page.next_page_token.into())]);
    }
    Ok(Exit::Done)
}

/// Runs `term`.
pub(super) async fn change(context: &Context<'_>, args: TermArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let known = find(&mut connection, &args).await.map_err(|status| context.failure(&connection, &status))?;
    if args.delete && known.is_empty() {
        return Err(unknown(context, &mut connection, &args).await);
    }
    let known = only(known, &args, context.locale)?;
    if args.delete {
        return delete(context, &mut connection, known).await;
    }
    let wanted = wanted(known.clone(), &args);
    if known.as_ref() == Some(&wanted) && !args.dry_run {
        // The same response as the service would send.
        return print(context, v1::PutTermResponse { term: Some(wanted), collisions: None }, "unchanged", None);
    }
    let tried = put(&mut connection, wanted.clone(), true).await;
    let tried = tried.map_err(|status| stale(context, context.failure(&connection, &status)))?;
    let collisions = tried.collisions.clone().unwrap_or_default();
    if args.dry_run {
        return print(context, tried, "tried", Some(collisions));
    }
    let meets = wanted.state() == v1::TermState::Enforce && collisions.would_match > 0;
    if meets && !args.yes && !agreed(context, &collisions)? {
        context.talk("cli-bulk-dropped", &[]);
        return Ok(Exit::Failed);
    }
    let answer = put(&mut connection, wanted, false).await;
    let answer = answer.map_err(|status| stale(context, context.failure(&connection, &status)))?;
    print(context, answer, "changed", Some(collisions))
}

/// Returns the terms with exactly these words, in the given tier or in any.
async fn find(connection: &mut Connection, args: &TermArgs) -> Result<Vec<v1::Term>, Status> {
    let mut page_token = String::new();
    let mut found = vec![];
    loop {
        let request = v1::ListTermsRequest { query: args.pattern.clone(), page_size: 200, page_token };
        let page = connection.rules.list_terms(request).await?.into_inner();
        found.extend(page.terms.into_iter().filter(|term| is_meant(term, args)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

async fn unknown(context: &Context<'_>, connection: &mut Connection, args: &TermArgs) -> Failure {
    let mut failure = unlisted(args, context.locale);
    let (mut page_token, mut listed) = (String::new(), vec![]);
    for _ in 0..PAGES_COMPARED {
        let request = v1::ListTermsRequest { query: String::new(), page_size: 200, page_token };
        // The error is complete without suggestions, so a failure of this call is ignored.
        let Ok(page) = connection.rules.list_terms(request).await else { break };
        let page = page.into_inner();
        listed.extend(page.terms.into_iter().map(|term| term.pattern));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    lookup::suggest(&mut failure, &args.pattern, listed, context.locale);
    failure
}

fn unlisted(args: &TermArgs, locale: Locale) -> Failure {
    let values = [("pattern", sanitize::line(&args.pattern).into())];
    Failure::new(Exit::NotFound, locale.text_with("cli-term-unknown", &values))
}

fn is_meant(term: &v1::Term, args: &TermArgs) -> bool {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let tier = args.tier.is_none_or(|tier| v1::TermTier::from(tier) == term.tier());
    tier && words(&term.pattern) == words(&args.pattern)
}

fn only(mut known: Vec<v1::Term>, args: &TermArgs, locale: Locale) -> Result<Option<v1::Term>, Failure> {
    let values = [("pattern", sanitize::line(&args.pattern).into())];
    match (known.len(), args.delete) {
        (0, true) => Err(unlisted(args, locale)),
        (0 | 1, _) => Ok(known.pop()),
        _ => Err(Failure::new(Exit::Usage, locale.text_with("cli-term-tiers", &values))),
    }
}

/// A new term starts in SHADOW.
fn wanted(known: Option<v1::Term>, args: &TermArgs) -> v1::Term {
    let term = known.unwrap_or_else(|| v1::Term {
        pattern: args.pattern.clone(),
        tier: v1::TermTier::from(args.tier.unwrap_or(TierChoice::Exact)).into(),
        state: v1::TermState::from(StateChoice::Shadow).into(),
        weight: 1.0,
        ..Default::default()
    });
    v1::Term {
        state: args.term_state.map_or(term.state, |state| v1::TermState::from(state).into()),
        weight: args.weight.unwrap_or(term.weight),
        note: args.term_note.clone().unwrap_or(term.note),
        ..term
    }
}

async fn put(connection: &mut Connection, term: v1::Term, dry_run: bool) -> Result<v1::PutTermResponse, Status> {
    let request_id = Uuid::new_v4().to_string();
    let request = v1::PutTermRequest { term: Some(term), dry_run, request_id };
    Ok(connection.rules.put_term(request).await?.into_inner())
}

async fn delete(context: &Context<'_>, connection: &mut Connection, term: Option<v1::Term>) -> Result<Exit, Failure> {
    let term = term.unwrap_or_default();
    let request_id = Uuid::new_v4().to_string();
    let request = v1::DeleteTermRequest { term_id: term.id, revision: term.revision, request_id };
    let answer = connection.rules.delete_term(request).await;
    let answer = answer.map_err(|status| stale(context, context.failure(connection, &status)))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(Exit::Done);
    }
    print(context, v1::PutTermResponse { term: answer.term, collisions: None }, "deleted", None)
}

/// Shows the approved comments that the term would have matched, and asks for confirmation.
fn agreed(context: &Context<'_>, collisions: &v1::TermCollisions) -> Result<bool, Failure> {
    if !terminal::is_typed() {
        context.output.talk(&report(collisions, context.locale));
        return Err(Failure::new(Exit::Usage, context.locale.text("cli-term-yes")));
    }
    context.output.talk(&report(collisions, context.locale));
    context.output.ask(&context.locale.text("cli-term-ask"));
    terminal::read_yes().map_err(|error| Failure::new(Exit::Failed, format!("stdin: {error}")))
}

fn print(
    context: &Context<'_>,
    answer: v1::PutTermResponse,
    result: &'static str,
    collisions: Option<v1::TermCollisions>,
) -> Result<Exit, Failure> {
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
        return Ok(Exit::Done);
    }
    let term = answer.term.unwrap_or_default();
    let key = format!("cli-term-{result}");
    context.output.data(&context.locale.text_with(&key, &values(&term, context.locale)))?;
    if let Some(collisions) = collisions {
        context.output.data(&report(&collisions, context.locale))?;
    }
    Ok(Exit::Done)
}

fn values(term: &v1::Term, locale: Locale) -> [(&'static str, Value); 5] {
    [
        ("pattern", sanitize::line(&term.pattern).into()),
        ("tier", tier(term, locale).into()),
        ("state", state(term, locale).into()),
        ("weight", locale.decimal(term.weight, 1).into()),
        ("revision", term.revision.into()),
    ]
}

fn report(collisions: &v1::TermCollisions, locale: Locale) -> String {
    let values = [("count", collisions.would_match.into()), ("sampled", collisions.sampled.into())];
    let mut lines = vec![locale.text_with("cli-term-collisions", &values)];
    lines.extend(collisions.examples.iter().map(example));
    lines.join("\n")
}

/// Formats a past comment as one line.
pub(super) fn example(example: &v1::RuleExample) -> String {
    format!("  {}  {}", sanitize::line(&example.comment_id), sanitize::line(&example.text))
}

/// Rewords a conflict as one about a term. The API has one reason for all conflicts.
fn stale(context: &Context<'_>, failure: Failure) -> Failure {
    if failure.exit == Exit::Conflict && failure.prior.is_none() {
        return Failure { message: context.locale.text("error-stale-term"), ..failure };
    }
    failure
}

fn tier(term: &v1::Term, locale: Locale) -> String {
    names::tier(term.tier).map(|name| names::words(locale, "tier", name)).unwrap_or_default()
}

fn state(term: &v1::Term, locale: Locale) -> String {
    names::state(term.state).map(|name| names::words(locale, "state", name)).unwrap_or_default()
}

fn draw(terms: &[v1::Term], locale: Locale, width: usize) -> String {
    let title = |key: &str| locale.text(&format!("cli-column-{key}"));
    let columns = [
        Column::short(title("pattern"), 30),
        Column::whole(title("tier")),
        Column::whole(title("state")),
        Column::number(title("weight")),
        Column::whole(title("at")),
        Column::short(title("actor"), 18),
        Column::text(title("why")),
    ];
    let rows = terms.iter().map(|term| {
        let at = moment::time(term.updated_at.as_ref()).map(|at| local_time(at, locale)).unwrap_or_default();
        let weight = locale.decimal(term.weight, 1);
        let (tier, state) = (tier(term, locale), state(term, locale));
        vec![term.pattern.clone(), tier, state, weight, at, term.updated_by.clone(), term.note.clone()]
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn args(args: &[&str]) -> TermArgs {
        let cli = Cli::try_parse_from([&["duyet", "term"], args].concat()).unwrap();
        let Command::Term(args) = cli.command else { panic!("another command") };
        *args
    }

    fn listed(pattern: &str, tier: v1::TermTier) -> v1::Term {
        v1::Term {
            pattern: pattern.into(),
            tier: tier.into(),
            state: v1::TermState::Enforce.into(),
            weight: 2.0,
            note: "cờ bạc".into(),
            revision: 3,
            ..Default::default()
        }
    }

    #[test]
    fn a_new_term_is_exact_and_on_trial_by_default() {
        let new = wanted(None, &args(&["Lô đề"]));
        assert_eq!((new.tier(), new.state(), new.weight), (v1::TermTier::Exact, v1::TermState::Shadow, 1.0));
        let said = ["Lô đề", "--tier", "STRIPPED", "--state", "enforce", "--weight", "3", "--note", "n"];
        let new = wanted(None, &args(&said));
        assert_eq!((new.tier(), new.state(), new.weight), (v1::TermTier::Stripped, v1::TermState::Enforce, 3.0));
        assert_eq!((new.note.as_str(), new.revision), ("n", 0));
    }

    #[test]
    fn only_given_settings_of_a_term_are_changed() {
        let known = listed("lô đề", v1::TermTier::Exact);
        assert_eq!(wanted(Some(known.clone()), &args(&["LÔ ĐỀ"])), known);
        let changed = wanted(Some(known.clone()), &args(&["lô đề", "--state", "off"]));
        assert_eq!(changed, v1::Term { state: v1::TermState::Off.into(), ..known });
    }

    #[test]
    fn a_term_is_identified_by_its_words_and_tier() {
        let both = || vec![listed("Lô  đề", v1::TermTier::Exact), listed("lô đề", v1::TermTier::Teencode)];
        let meant = |given: &[&str]| both().into_iter().filter(|term| is_meant(term, &args(given))).collect::<Vec<_>>();
        assert_eq!(meant(&["LÔ ĐỀ"]).len(), 2);
        assert_eq!(meant(&["lô đề", "--tier", "teencode"]).len(), 1);
        assert!(meant(&["lô"]).is_empty());
        let ambiguous = only(both(), &args(&["lô đề"]), Locale::En).unwrap_err();
        assert!(ambiguous.exit == Exit::Usage && ambiguous.message.contains("--tier"));
        let unknown = only(vec![], &args(&["lô đề", "--delete"]), Locale::En).unwrap_err();
        assert_eq!(unknown.exit, Exit::NotFound);
        assert_eq!(only(vec![], &args(&["lô đề"]), Locale::En).unwrap(), None);
    }

    #[test]
    fn terms_and_their_collisions_are_described_in_words() {
        let term = v1::Term { note: "cờ\u{1b}[2J bạc".into(), ..listed("lô đề", v1::TermTier::Exact) };
        let table = draw(&[term], Locale::Vi, 200);
        let plain = anstream::adapter::strip_str(&table).to_string();
        assert!(plain.contains("lô đề") && plain.contains("đúng dấu") && plain.contains("cờ bạc"), "{plain}");
        let text = "giữa \u{1b}[2J chừng".to_owned();
        let examples = vec![v1::RuleExample { comment_id: "ma".into(), text, ..Default::default() }];
        let report = report(&v1::TermCollisions { would_match: 412, sampled: 9_800, examples }, Locale::En);
        assert!(report.starts_with("It occurs in 412 of 9,800") && report.ends_with("  ma  giữa  chừng"), "{report}");
    }
}

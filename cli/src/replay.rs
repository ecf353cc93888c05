//! `duyet replay`: compares rules and terms with past decisions of moderators.

use super::{
    args::ReplayArgs,
    choices::TierChoice,
    context::Context,
    exit::{Exit, Failure},
    facts, names,
    table::{self, Column},
    term, terminal,
};
use duyet_locale::Locale;
use duyet_proto::{Json, v1};

pub(super) async fn run(context: &Context<'_>, args: ReplayArgs) -> Result<Exit, Failure> {
    let mut connection = context.connect().await?;
    let answer = connection.rules.replay_rules(request(args)).await;
    let answer = answer.map_err(|status| context.failure(&connection, &status))?.into_inner();
    if context.output.json {
        context.output.json(&Json::new(&answer))?;
    } else {
        context.output.data(&describe(&answer, context.locale, terminal::width()))?;
    }
    Ok(Exit::Done)
}

fn request(args: ReplayArgs) -> v1::ReplayRulesRequest {
    let term = args.with_pattern.map(|pattern| v1::Term {
        pattern,
        tier: v1::TermTier::from(args.tier.unwrap_or(TierChoice::Exact)).into(),
        state: v1::TermState::Enforce.into(),
        weight: args.weight.unwrap_or(1.0),
        ..Default::default()
    });
    v1::ReplayRulesRequest { term, limit: args.compared }
}

fn describe(answer: &v1::ReplayRulesResponse, locale: Locale, width: usize) -> String {
    let mut parts = vec![assessments(&answer.verdicts, locale, width)];
    if !answer.rules.is_empty() {
        parts.extend([String::new(), rules(&answer.rules, locale, width)]);
    }
    if !answer.examples.is_empty() {
        parts.extend([String::new(), facts::heading("cli-disagreements", locale)]);
    }
    for example in &answer.examples {
        let word = |kind, name: Option<&str>| name.map(|name| names::words(locale, kind, name)).unwrap_or_default();
        let values = [
            ("assessment", word("assessment", names::assessment(example.verdict)).into()),
            ("status", word("status", names::status(example.status)).into()),
        ];
        parts.push(format!("{}: {}", term::example(example), locale.text_with("cli-disagreement", &values)));
    }
    parts.join("\n")
}

fn assessments(rows: &[v1::VerdictCount], locale: Locale, width: usize) -> String {
    let columns = counted([Column::whole(locale.text("cli-column-assessment"))], locale);
    let rows = rows.iter().map(|row| {
        let assessment = names::assessment(row.verdict).map(|name| names::words(locale, "assessment", name));
        cells(assessment.unwrap_or_default(), row.decided.unwrap_or_default(), locale)
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

fn rules(rows: &[v1::RuleCount], locale: Locale, width: usize) -> String {
    let columns = counted([Column::short(locale.text("cli-column-rules"), 40)], locale);
    let rows = rows.iter().map(|row| {
        let rule = names::words(locale, "rule", &row.rule);
        let name = if row.pattern.is_empty() { rule } else { format!("{rule}: {}", row.pattern) };
        cells(name, row.met.unwrap_or_default(), locale)
    });
    table::render(&columns, &rows.collect::<Vec<_>>(), width)
}

fn counted(first: [Column; 1], locale: Locale) -> Vec<Column> {
    let counts = ["approved", "refused", "spam"].map(|key| Column::number(locale.text(&format!("cli-column-{key}"))));
    first.into_iter().chain(counts).collect()
}

fn cells(first: String, counts: v1::DecisionCount, locale: Locale) -> Vec<String> {
    let v1::DecisionCount { approved, refused, spam } = counts;
    std::iter::once(first).chain([approved, refused, spam].map(|count| locale.integer(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replayed_term_is_in_force() {
        let args = ReplayArgs { compared: 9, with_pattern: Some("lô đề".into()), tier: None, weight: None };
        let asked = request(args);
        let term = asked.term.unwrap();
        assert_eq!((term.tier(), term.state(), asked.limit), (v1::TermTier::Exact, v1::TermState::Enforce, 9));
        let plain = ReplayArgs { compared: 9, with_pattern: None, tier: None, weight: None };
        assert_eq!(request(plain).term, None);
    }

    #[test]
    fn a_replay_lists_assessments_rules_and_examples() {
        let decided = Some(v1::DecisionCount { approved: 412, refused: 7, spam: 31 });
        let answer = v1::ReplayRulesResponse {
            verdicts: vec![v1::VerdictCount { verdict: v1::Verdict::Publish.into(), decided }],
            rules: vec![v1::RuleCount {
                rule: "TERM".into(),
                pattern: "lô đề\u{1b}[2J".into(),
                met: decided,
                ..Default::default()
            }],
            examples: vec![v1::RuleExample {
                comment_id: "ma".into(),
                text: "Lô đề là tệ nạn".into(),
                status: v1::CommentStatus::Approved.into(),
                verdict: v1::Verdict::Spam.into(),
                score: 0.9,
            }],
        };
        let text = describe(&answer, Locale::En, 100);
        let plain = anstream::adapter::strip_str(&text).to_string();
        for words in ["publish", "412", "term: lô đề", "ma  Lô đề là tệ nạn: spam, but approved"] {
            assert!(plain.contains(words), "{words} in {plain}");
        }
        assert!(!text.contains("\u{1b}[2J"));
    }
}

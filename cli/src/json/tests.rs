//! `docs/json.md` says the truth: its tables hold exactly the keys that are printed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{comment::Comment, *};
use duyet_proto::v1;

const DOCS: &str = include_str!("../../../docs/json.md");

/// The keys of every table under a heading that names an object, in the order printed.
fn documented() -> BTreeMap<String, Vec<String>> {
    let mut objects = BTreeMap::<String, Vec<String>>::new();
    let mut current = None;
    for line in DOCS.lines() {
        if line.starts_with('#') {
            current = line.split('`').nth(1).filter(|name| name.starts_with(char::is_uppercase)).map(str::to_owned);
        } else if let (Some(name), Some(cell)) = (&current, line.strip_prefix("| `")) {
            objects.entry(name.clone()).or_default().push(cell.split('`').next().unwrap_or_default().to_owned());
        }
    }
    objects
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// A case with everything inside that has keys of its own.
fn case() -> Value {
    let comment = v1::Comment::default;
    json(&Case::from(v1::ReviewCase {
        findings: vec![v1::Finding::default()],
        decisions: vec![v1::AuditEntry::default()],
        reports: Some(v1::Reports { counts: vec![v1::ReportCount::default()], ..Default::default() }),
        claim: Some(v1::Claim::default()),
        takedown: Some(v1::Takedown::default()),
        siblings: vec![comment()],
        author_comments: vec![comment()],
        notes: vec![v1::ModeratorNote::default()],
        answered: Some(comment()),
        ..Default::default()
    }))
}

/// One of each object.
fn samples() -> Vec<(&'static str, Value)> {
    let case = case();
    let lockdown = Some(v1::SiteLockdown::default());
    let site = json(&SitePolicy::from(v1::SitePolicy { lockdown, ..Default::default() }));
    let moderators = vec![v1::ModeratorStats::default()];
    let learned = Some(v1::LearnedScore::default());
    let stats = json(&Stats::from(v1::GetStatsResponse { moderators, learned, ..Default::default() }));
    let item = json(&ItemResult { conflict: Some(Box::default()), ..Default::default() });
    vec![
        ("Comment", case["comment"].clone()),
        ("Finding", case["findings"][0].clone()),
        ("AuthorHistory", case["author_history"].clone()),
        ("Reports", case["reports"].clone()),
        ("ReportCount", case["reports"]["counts"][0].clone()),
        ("Claim", case["claim"].clone()),
        ("Takedown", case["takedown"].clone()),
        ("Note", case["notes"][0].clone()),
        ("AuditEntry", case["decisions"][0].clone()),
        ("Case", case),
        ("Queue", json(&Queue { cases: vec![], next_page_token: None, total: 0 })),
        ("QueueEvent", json(&QueueEvent::from(v1::WatchQueueResponse::default()))),
        ("Audit", json(&Audit { entries: vec![], next_page_token: None })),
        ("SiteLockdown", site["lockdown"].clone()),
        ("SitePolicy", site),
        ("LearnedScore", stats["learned"].clone()),
        ("Submitted", stats["submitted"].clone()),
        ("ModeratorStats", stats["moderators"][0].clone()),
        ("Stats", stats),
        ("Standing", item["conflict"].clone()),
        ("ItemResult", item),
    ]
    .into_iter()
    .chain(results())
    .collect()
}

fn term() -> Value {
    collisions()["term"].clone()
}

fn collisions() -> Value {
    let examples = vec![v1::RuleExample::default()];
    let collisions = Some(v1::TermCollisions { examples, ..Default::default() }.into());
    json(&TermPut { term: v1::Term::default().into(), result: "tried", collisions })
}

fn replay() -> Value {
    let (verdicts, rules) = (vec![v1::VerdictCount::default()], vec![v1::RuleCount::default()]);
    json(&Replay::from(v1::ReplayRulesResponse { verdicts, rules, examples: vec![] }))
}

fn exported() -> Value {
    let (comment, report) = (Some(v1::Comment::default()), Some(v1::FiledReport::default()));
    json(&Exported::from(v1::ExportAuthorResponse { comment, report }))
}

/// One of each object that tells what a command did.
fn results() -> Vec<(&'static str, Value)> {
    let id = String::new;
    let ban = || Ban::from(v1::Ban::default());
    let takedown = || v1::Takedown::default().into();
    vec![
        ("ArticlePolicy", json(&ArticlePolicy::from(v1::ArticlePolicy::default()))),
        ("ApprovePending", json(&ApprovePending::new(id(), true, v1::ApprovePendingResponse::default()))),
        ("Ban", json(&ban())),
        ("Banned", json(&Banned { ban: ban(), results: vec![], more: false })),
        ("Unbanned", json(&Unbanned { ban: ban(), changed: true })),
        ("Bans", json(&Bans { bans: vec![], next_page_token: None })),
        ("Undone", json(&Undone { results: vec![], batch_id: None })),
        ("Verdict", json(&Verdict::not_tried(id()))),
        ("Decisions", json(&Decisions { results: vec![] })),
        ("Bulk", json(&Bulk::default())),
        ("Noted", json(&Noted { comment_id: id(), note: v1::ModeratorNote::default().into() })),
        ("Escalated", json(&Escalated { comment_id: id(), takedown: takedown(), decision_id: id() })),
        ("Sender", json(&Sender::new(id(), v1::RevealSenderResponse::default()))),
        ("Exported", exported()),
        ("FiledReport", exported()["report"].clone()),
        ("Erased", json(&Erased::from(v1::EraseAuthorResponse::default()))),
        ("Term", term()),
        ("Terms", json(&Terms { terms: vec![], next_page_token: None })),
        ("Collisions", collisions()["collisions"].clone()),
        ("RuleExample", collisions()["collisions"]["examples"][0].clone()),
        ("TermPut", collisions()),
        ("Assessed", json(&Assessed::from(v1::AssessTextResponse::default()))),
        ("VerdictCount", replay()["verdicts"][0].clone()),
        ("RuleCount", replay()["rules"][0].clone()),
        ("Replay", replay()),
        ("Login", json(&Login { addr: id(), path: id() })),
        ("Text", json(&Text { text: id() })),
        ("Pages", json(&Pages { files: vec![] })),
    ]
}

#[test]
fn every_key_is_documented_and_every_documented_key_is_there() {
    let mut documented = documented();
    for (name, sample) in samples() {
        let mut keys = sample.as_object().unwrap_or_else(|| panic!("{name}")).keys().cloned().collect::<Vec<_>>();
        let mut told = documented.remove(name).unwrap_or_else(|| panic!("{name} is not documented"));
        keys.sort();
        told.sort();
        assert_eq!(keys, told, "{name}");
    }
    assert!(documented.is_empty(), "documented and gone: {:?}", documented.keys());
}

#[test]
fn what_is_absent_is_null() {
    let json = serde_json::to_value(Comment::from(v1::Comment::default())).unwrap();
    assert_eq!((&json["parent_id"], &json["status"]), (&Value::Null, &Value::Null));
    let event = serde_json::to_value(QueueEvent::from(v1::WatchQueueResponse::default())).unwrap();
    assert!(event.as_object().unwrap().values().all(Value::is_null), "{event}");
}

#[test]
fn hidden_characters_are_escaped_and_come_back_whole() {
    let text = "a\u{1b}[2J\u{9b}1A\u{202e}\u{e0041}\n\"ệ";
    for rendered in [render(&text).unwrap(), render_line(&text).unwrap()] {
        assert!(!rendered.chars().any(sanitize::is_hidden), "{rendered}");
        assert_eq!(serde_json::from_str::<String>(&rendered).unwrap(), text);
    }
}

#[test]
fn times_are_utc_with_the_digits_they_have() {
    let at = |seconds, nanos| rfc3339(Some(&Timestamp { seconds, nanos }));
    assert_eq!(at(0, 0).as_deref(), Some("1970-01-01T00:00:00Z"));
    assert_eq!(at(0, 120_000_000).as_deref(), Some("1970-01-01T00:00:00.120Z"));
    assert_eq!(at(i64::MAX, 0), None);
}

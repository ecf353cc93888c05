use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::*;
use crate::domain::{
    comment::FormText,
    id::CommentId,
    lifecycle::Status,
    spam::{PastComment, Rule, SpamVerdict, Term, TermSet, TermState, TermTier, Thresholds},
};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::minutes(minute)
}

fn past(n: u128, status: Status, content: &str) -> PastComment {
    let text = FormText { author_name: "Lan".into(), title: String::new(), content: content.into() };
    PastComment { id: CommentId(Uuid::from_u128(n)), text, status, at: at(10) }
}

fn term(id: u128, pattern: &str, tier: TermTier) -> Term {
    Term {
        id: Uuid::from_u128(id),
        pattern: pattern.into(),
        tier,
        state: TermState::Enforce,
        weight: 1.0,
        note: String::new(),
        revision: 1,
        updated_by: "lan".into(),
        updated_at: at(0),
    }
}

fn compiled(terms: &[Term]) -> TermSet {
    TermSet::compile(terms).unwrap()
}

#[test]
fn a_new_term_is_tested_with_approved_comments() {
    let long = format!("{} đi lô tô {}", "trước ".repeat(40), "sau ".repeat(40));
    let approved: Vec<_> = ["Chơi lô tô vui", "Bài hay", &long].map(|text| past(1, Status::Approved, text)).into();
    let report = collisions(&compiled(&[term(7, "lô tô", TermTier::Exact)]), &approved, Thresholds::default());
    assert_eq!((report.would_match, report.sampled, report.examples.len()), (2, 3, 2));
    assert_eq!((report.examples[0].text.as_str(), report.examples[0].verdict), ("Chơi lô tô vui", SpamVerdict::Spam));
    let around = &report.examples[1].text;
    assert!(around.contains("đi lô tô sau") && around.chars().count() == 125, "{around}");
    let many: Vec<_> = (0..30).map(|n| past(n, Status::Approved, "lô tô")).collect();
    let report = collisions(&compiled(&[term(7, "lô tô", TermTier::Exact)]), &many, Thresholds::default());
    assert_eq!((report.would_match, report.examples.len()), (30, 10));
}

#[test]
fn a_replay_compares_results_with_decisions() {
    let terms = [term(7, "lô đề", TermTier::Exact), term(8, "cá độ", TermTier::Stripped)];
    let decided = [
        past(1, Status::Approved, "Bài viết hay"),
        past(2, Status::Approved, "Lô đề là tệ nạn, bắt hết đi"),
        past(3, Status::Spam, "Chơi lô đề cá độ nhé"),
        past(4, Status::Spam, "Mua hàng ở đây tốt"),
        past(5, Status::Rejected, "Im đi"),
        past(6, Status::Removed, "Cá độ ở đâu vậy"),
        past(7, Status::Spam, "Xem https://a.vn gọi 0912345678"),
    ];
    let replay = Replay::of(&compiled(&terms), &decided, Thresholds::default());
    let by = |approved, rejected, spam| ByDecision { approved, rejected, spam };
    assert_eq!(replay.publish, by(1, 1, 1));
    assert_eq!(replay.hold, by(0, 1, 1));
    assert_eq!(replay.spam, by(1, 0, 1));
    let met = |id| replay.rules.iter().find(|one| one.term == Some(Uuid::from_u128(id))).unwrap().met;
    assert_eq!((met(7), met(8)), (by(1, 0, 1), by(0, 1, 1)));
    let link = replay.rules.iter().find(|one| one.rule == Rule::Link).unwrap();
    assert_eq!((link.met, link.term, link.pattern.as_str()), (by(0, 0, 1), None, ""));
    assert!(replay.rules.iter().any(|one| one.pattern == "cá độ"));
    let worst: Vec<_> = replay.examples.iter().map(|example| example.id.0.as_u128()).collect();
    assert_eq!(worst, [2, 4, 5], "an approved comment as spam is the greatest disagreement");
}

#[test]
fn a_comment_counts_once_for_each_rule() {
    let terms = [term(7, "lô đề", TermTier::Exact)];
    let text =
        FormText { author_name: "Lô đề".into(), title: "Lô đề".into(), content: "lô đề, lô đề".into() };
    let decided = [PastComment { text, ..past(1, Status::Spam, "") }];
    let replay = Replay::of(&compiled(&terms), &decided, Thresholds::default());
    assert_eq!(replay.rules[0].met.total(), 1);
}

/// Returns the ids of the terms that are too broad when `approved` of `met` matching comments were approved, and
/// `received` comments were submitted.
fn too_broad_ids(terms: &[Term], met: usize, approved: usize, received: usize) -> Vec<u128> {
    let status = |n| if n < approved { Status::Approved } else { Status::Rejected };
    let decided: Vec<_> = (0..met).map(|n| past(n as u128, status(n), "lô đề")).collect();
    let text = |n| if n < met { "lô đề" } else { "Bài hay" };
    let received: Vec<_> = (0..received).map(|n| past(n as u128, Status::Pending, text(n))).collect();
    let broad = too_broad(terms, &compiled(terms), &decided, &received);
    broad.into_iter().map(|one| one.term.as_u128()).collect()
}

#[test]
fn a_term_is_too_broad_when_moderators_approve_its_matches() {
    let terms = [term(7, "lô đề", TermTier::Exact), term(8, "cá độ", TermTier::Exact)];
    assert_eq!(too_broad_ids(&terms, 20, 11, 0), [7]);
    assert!(too_broad_ids(&terms, 20, 10, 0).is_empty(), "half is not more than half");
    assert!(too_broad_ids(&terms, 19, 19, 0).is_empty(), "too few decisions");
}

#[test]
fn a_term_is_too_broad_when_it_matches_too_many_comments() {
    let terms = [term(7, "lô đề", TermTier::Stripped)];
    assert_eq!(too_broad_ids(&terms, 21, 0, 200), [7]);
    assert!(too_broad_ids(&terms, 20, 0, 200).is_empty());
    assert!(too_broad_ids(&terms, 21, 0, 199).is_empty());
}

#[test]
fn only_enforced_terms_are_too_broad_and_a_change_restarts_the_count() {
    for (state, updated_at) in [(TermState::Shadow, at(0)), (TermState::Off, at(0)), (TermState::Enforce, at(10))] {
        let terms = [Term { state, updated_at, ..term(7, "lô đề", TermTier::Exact) }];
        assert!(too_broad_ids(&terms, 100, 100, 200).is_empty(), "{state}");
    }
}

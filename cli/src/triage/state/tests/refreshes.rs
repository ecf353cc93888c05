//! Comments that a colleague changed.

use super::support::{after, answer, change, decision, returned, said, sent};
use crate::{
    exit::{Exit, Failure, PriorDecision},
    triage::{
        event::{CallError, Effect, Event},
        input_mode::InputMode,
        tests::{away, burst, busy, cases, decided, press},
    },
};
use duyet_proto::v1;

#[test]
fn a_comment_that_a_colleague_changed_is_fetched_and_must_be_seen_again() {
    let (mut state, now) = busy(cases(0..3));
    press(&mut state, "r", now);
    assert_eq!(change(&mut state, "c0", 3, now), [Effect::Refresh("c0".into())]);
    assert_eq!(change(&mut state, "c1", 3, now), [], "only one refresh may be in flight");
    let effects = state.update(Event::Refreshed(Ok(Some(returned(0)))), now);
    assert!(effects.contains(&Effect::Refresh("c1".into())));
    assert_eq!(
        (said(&state), &state.mode, state.held.current_id()),
        ("triage-changed", &InputMode::Review, Some("c0"))
    );
    burst(&mut state, "a", after(now, 1_000));
    assert_eq!(state.counts.decided(), 0, "the new state has not been drawn yet");
    state.update(Event::Refreshed(Ok(Some(returned(1)))), now);
    state.see(after(now, 1_000));
    let request = decision(&burst(&mut state, "a", after(now, 1_300)));
    assert_eq!((request.comment_id.as_str(), request.expected_revision), ("c0", 3));
    let effects = answer(&mut state, &request.request_id, Ok(decided(&request)), after(now, 1_300));
    assert_eq!(sent(&effects), []);
    state.see(after(now, 1_400));
    let request = decision(&burst(&mut state, "a", after(now, 2_000)));
    assert_eq!((request.comment_id.as_str(), request.expected_revision), ("c1", 3));
    // Older revisions and other comments have no effect.
    assert_eq!(change(&mut state, "c2", 1, now), []);
    assert_eq!(change(&mut state, "c9", 7, now), []);
}

#[test]
fn a_decision_on_a_stale_revision_brings_the_comment_back() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    let prior = PriorDecision { status: "PENDING".into(), revision: 3, decided_by: "lan".into(), ..Default::default() };
    let failure = Failure { prior: Some(Box::new(prior)), ..Failure::new(Exit::Conflict, "lan") };
    let effects = answer(&mut state, &request.request_id, Err(CallError::Failed(failure)), now);
    assert!(effects.contains(&Effect::Refresh("c0".into())), "{effects:?}");
    state.update(Event::Refreshed(Ok(Some(returned(0)))), now);
    // It follows the comment on the screen.
    assert_eq!(state.held.ids(), ["c1", "c0", "c2"]);
    press(&mut state, "a", now);
    press(&mut state, "s", now);
    assert_eq!(state.outbox.decisions(), 2);
}

#[test]
fn a_comment_that_a_colleague_decided_leaves_the_session() {
    let (mut state, now) = busy(cases(0..3));
    let gone = |number| {
        let mut case = returned(number);
        case.comment.as_mut().unwrap().status = v1::CommentStatus::Rejected.into();
        case
    };
    change(&mut state, "c1", 2, now);
    state.update(Event::Refreshed(Ok(Some(gone(1)))), now);
    assert_eq!((said(&state), state.held.ids()), ("triage-lost", vec!["c0".to_owned(), "c2".to_owned()]));
    // The comment on the screen stays; the response to its key names the colleague.
    change(&mut state, "c0", 2, now);
    state.update(Event::Refreshed(Ok(Some(gone(0)))), now);
    assert!(state.held.current().is_some_and(|held| held.comment.id == "c0" && held.lost));
    assert_eq!(decision(&press(&mut state, "s", now)).expected_revision, 1);
    // The refresh is retried while the service is unavailable.
    change(&mut state, "c2", 2, now);
    assert_eq!(state.update(Event::Refreshed(Err(away())), now), []);
    assert!(state.update(Event::Tick, after(now, 2_000)).contains(&Effect::Refresh("c2".into())));
}

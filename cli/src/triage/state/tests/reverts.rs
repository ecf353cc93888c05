//! Reverts and the claims of reverted comments.

use chrono::TimeDelta;

use super::support::{answer, claim, decision, reverted, reverting, said, sent, shown};
use crate::triage::{
    event::{ClaimResponse, Event},
    outbox::{Operation, RevertTarget},
    tests::{busy, cases, conflict, decided, press},
};

#[test]
fn a_reverted_comment_comes_back_and_is_decided_at_its_new_revision() {
    let (mut state, now) = busy(cases(0..5));
    let first = decision(&press(&mut state, "a", now));
    answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    let effects = press(&mut state, "u", now);
    let [(id, Operation::Revert { target, .. })] = &sent(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(target, &Some(RevertTarget::Decision(format!("d-{}", first.request_id))));
    assert_eq!((state.held.current_id(), state.counts.decided()), (Some("c0"), 0));
    // A decision before the response to the revert waits for the new revision.
    assert_eq!(sent(&press(&mut state, "s", now)), []);
    let second = decision(&answer(&mut state, id, Ok(reverted("c0", 3)), now));
    assert_eq!((second.comment_id.as_str(), second.expected_revision), ("c0", 3));
}

#[test]
fn reverts_go_back_step_by_step_and_unsent_operations_are_withdrawn() {
    let (mut state, now) = busy(cases(0..5));
    let first = decision(&press(&mut state, "a", now));
    press(&mut state, "ss", now);
    assert_eq!(sent(&press(&mut state, "uu", now)), []);
    assert_eq!((state.outbox.len(), state.held.current_id()), (1, Some("c1")));
    // The first decision is in flight: its revert waits for the decision id.
    press(&mut state, "u", now);
    assert_eq!((state.outbox.len(), state.held.current_id()), (2, Some("c0")));
    let effects = answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    assert!(matches!(&sent(&effects)[..], [(_, Operation::Revert { target: Some(_), .. })]));
    press(&mut state, "u", now);
    assert_eq!(said(&state), "triage-nothing-to-undo");
}

#[test]
fn a_revert_of_a_decision_that_conflicted_is_dropped() {
    let (mut state, now) = busy(cases(0..3));
    let first = decision(&press(&mut state, "a", now));
    press(&mut state, "u", now);
    answer(&mut state, &first.request_id, Err(conflict()), now);
    assert_eq!((state.outbox.len(), state.held.current_id()), (0, Some("c1")));
    assert_eq!((state.counts.conflicts, state.counts.decided()), (1, 0));
    press(&mut state, "a", now);
    assert_eq!(
        said(&state),
        "triage-just-changed",
        "the comment on the screen has just changed, so the key is ignored"
    );
    press(&mut state, "a", now + TimeDelta::seconds(1));
    assert_eq!(state.held.current_id(), Some("c2"));
}

#[test]
fn a_failed_revert_is_explained_and_removes_the_comment_again() {
    let (mut state, now) = busy(cases(0..3));
    let first = decision(&press(&mut state, "a", now));
    answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    let effects = press(&mut state, "us", now);
    answer(&mut state, &sent(&effects)[0].0, Err(conflict()), now);
    assert_eq!((said(&state), state.held.current_id(), state.outbox.len()), ("triage-not-undone", Some("c1"), 0));
    assert_eq!((state.counts.reverted, state.counts.spam), (0, 0));
}

#[test]
fn a_comment_reverted_during_a_renewal_is_not_lost() {
    let (mut state, now) = busy(cases(0..10));
    let later = now + TimeDelta::seconds(200);
    assert!(claim(&state.update(Event::Tick, later)).is_some());
    let request = decision(&press(&mut state, "a", later));
    answer(&mut state, &request.request_id, Ok(decided(&request)), later);
    press(&mut state, "u", later);
    let renewed = (1..10).map(|number| format!("c{number}")).collect();
    state.update(Event::Claimed(Ok(ClaimResponse { cases: vec![], renewed })), later);
    assert!(state.held.current().is_some_and(|held| held.comment.id == "c0" && !held.lost));
}

#[test]
fn a_reverted_comment_is_claimed_again_at_once() {
    let expected = ("c0", false, "triage-undone");
    let all = (0..10).map(|number| format!("c{number}")).collect::<Vec<_>>();
    let answers = [
        // The service renews the claim, returns the comment as a new one, or returns another comment.
        (ClaimResponse { cases: cases(10..11), renewed: all.clone() }, 10),
        (ClaimResponse { cases: cases(0..1), renewed: all[1..].to_vec() }, 9),
        (ClaimResponse { cases: cases(10..11), renewed: all[1..].to_vec() }, 10),
    ];
    for (claimed, ready) in answers {
        let (mut state, id, now) = reverting();
        let request = claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), now)).unwrap();
        assert_eq!((request.limit, &request.renew), (1, &all));
        let effects = state.update(Event::Claimed(Ok(claimed)), now);
        assert_eq!((shown(&state), state.held.ready(), claim(&effects)), (expected, ready, None));
        assert_eq!(decision(&press(&mut state, "s", now)).expected_revision, 3);
    }
}

#[test]
fn a_claim_response_from_before_a_revert_does_not_change_its_comment() {
    let (mut state, id, now) = reverting();
    let later = now + TimeDelta::seconds(200);
    let request = claim(&state.update(Event::Tick, later)).unwrap();
    assert!(!request.renew.contains(&"c0".to_owned()), "its revert has no response yet");
    assert_eq!(claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), later)), None, "only one claim may be in flight");
    let effects = state.update(Event::Claimed(Ok(ClaimResponse { cases: vec![], renewed: request.renew })), later);
    assert_eq!(shown(&state), ("c0", false, "triage-undone"));
    assert!(claim(&effects).unwrap().renew.contains(&"c0".to_owned()));
}

#[test]
fn a_reverted_comment_that_a_colleague_claimed_is_reported_as_lost() {
    let (mut state, id, now) = reverting();
    let renewed = claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), now)).unwrap().renew[1..].to_vec();
    // The queue is empty and the claim was not renewed.
    state.update(Event::Claimed(Ok(ClaimResponse { cases: vec![], renewed })), now);
    assert_eq!(shown(&state), ("c0", true, "triage-lost"));

    // The claim is renewed and lost later.
    let (mut state, id, now) = reverting();
    let renewed = claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), now)).unwrap().renew;
    state.update(Event::Claimed(Ok(ClaimResponse { cases: cases(10..11), renewed })), now);
    let later = now + TimeDelta::seconds(200);
    let renewed = claim(&state.update(Event::Tick, later)).unwrap().renew[1..].to_vec();
    state.update(Event::Claimed(Ok(ClaimResponse { cases: vec![], renewed })), later);
    assert_eq!(shown(&state), ("c0", true, "triage-lost"));
}

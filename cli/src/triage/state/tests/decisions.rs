//! Decisions, notes and bans.

use chrono::TimeDelta;

use super::support::{answer, claim, decision, said, sent};
use crate::triage::{
    event::{CallError, ClaimResponse, Event, Intent, OperationResult},
    held::HeldComment,
    input_mode::{InputMode, InputPurpose},
    outbox::{Operation, RevertTarget},
    tests::{away, busy, case, cases, conflict, decided, press, start},
    text_input::Edit,
};
use duyet_proto::v1;

#[test]
fn a_decision_shows_the_next_comment_before_any_response() {
    let (mut state, now) = busy(cases(0..10));
    let first = decision(&press(&mut state, "a", now));
    assert_eq!((first.comment_id.as_str(), first.action()), ("c0", v1::Action::Approve));
    assert_eq!(state.held.current_id(), Some("c1"));
    // The review continues without a response of the service.
    for number in 2..10 {
        assert_eq!(sent(&press(&mut state, "s", now)), [], "only one operation may be in flight");
        assert_eq!(state.held.current_id(), Some(format!("c{number}").as_str()));
    }
    assert_eq!((state.outbox.len(), state.counts.decided(), state.waiting), (9, 9, Some(31)));
    let effects = answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    assert_eq!(decision(&effects).comment_id, "c1");
}

#[test]
fn a_rejection_asks_for_its_reason_and_other_for_a_note() {
    let (mut state, now) = busy(cases(0..3));
    assert_eq!(sent(&press(&mut state, "r", now)), []);
    let request = decision(&press(&mut state, "2", now));
    assert_eq!((request.action(), request.reason()), (v1::Action::Reject, v1::Reason::Insult));
    answer(&mut state, &request.request_id, Ok(decided(&request)), now);

    press(&mut state, "r0\n", now);
    assert_eq!((said(&state), state.held.current_id()), ("triage-note-empty", Some("c1")));
    let request = decision(&press(&mut state, "bịa đặt \n", now));
    assert_eq!((request.reason(), request.note.as_str()), (v1::Reason::Other, "bịa đặt"));
    press(&mut state, "r\u{1b}", now);
    assert_eq!((&state.mode, state.held.current_id()), (&InputMode::Review, Some("c2")));
}

#[test]
fn notes_are_edited_by_letters() {
    let (mut state, now) = busy(cases(0..1));
    press(&mut state, "ne\u{302}\u{323}b", now);
    for edit in [Edit::Left, Edit::Backspace] {
        state.update(Event::Press(Intent::Edit(edit)), now);
    }
    let effects = press(&mut state, "a\n", now);
    assert!(
        matches!(sent(&effects).as_slice(), [(_, Operation::Note(note))] if note.text == "ab" && note.comment_id == "c0")
    );
}

#[test]
fn a_colleagues_earlier_decision_is_reported_counted_and_skipped() {
    let (mut state, now) = busy(cases(0..5));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "r", now);
    answer(&mut state, &request.request_id, Err(conflict()), now);
    assert_eq!(said(&state), "triage-conflict");
    let text = state.message.as_ref().unwrap().say(duyet_locale::Locale::Vi);
    assert!(text.contains("lan") && text.contains("đã từ chối") && text.contains("Người 0"), "{text}");
    // The comment and the menu are unchanged.
    assert_eq!((state.held.current_id(), &state.mode), (Some("c1"), &InputMode::Reasons(InputPurpose::Reject)));
    assert_eq!((state.counts.conflicts, state.counts.decided(), state.log.len()), (1, 0, 1));

    let request = decision(&press(&mut state, "1", now));
    let OperationResult::Decided(mut response) = decided(&request) else { panic!() };
    (response.changed, response.decided_by) = (false, "lan".into());
    answer(&mut state, &request.request_id, Ok(OperationResult::Decided(response)), now);
    assert_eq!((state.counts.conflicts, state.counts.decided()), (2, 0));
    press(&mut state, "u", now);
    assert_eq!(said(&state), "triage-nothing-to-undo");
}

#[test]
fn an_unacknowledged_operation_is_sent_again_under_its_id_and_in_order() {
    let (mut state, now) = busy(cases(0..5));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "s", now);
    assert_eq!(sent(&answer(&mut state, &request.request_id, Err(away()), now)), []);
    assert!(state.away_since.is_some() && said(&state) == "triage-away");
    // The review continues with the held comments.
    press(&mut state, "a", now);
    assert_eq!((state.outbox.len(), state.held.current_id()), (3, Some("c3")));
    assert_eq!(sent(&state.update(Event::Tick, now + TimeDelta::milliseconds(400))), []);
    let again = decision(&state.update(Event::Tick, now + TimeDelta::milliseconds(500)));
    assert_eq!(again, request);
    answer(&mut state, &request.request_id, Err(away()), now);
    assert_eq!(
        sent(&state.update(Event::Tick, now + TimeDelta::milliseconds(900))),
        [],
        "each pause must be longer than the one before"
    );
    let later = now + TimeDelta::seconds(60);
    state.update(Event::Tick, later);
    let next = decision(&answer(&mut state, &request.request_id, Ok(decided(&request)), later));
    assert_eq!((next.comment_id.as_str(), state.away_since), ("c1", None));
}

#[test]
fn an_operation_that_keeps_failing_is_dropped_after_five_tries() {
    let (mut state, mut now) = busy(cases(0..5));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "s", now);
    for _ in 0..5 {
        let fault = CallError::Unavailable { message: "hỏng".into(), after: None, is_fault: true };
        answer(&mut state, &request.request_id, Err(fault), now);
        now += TimeDelta::seconds(20);
        state.update(Event::Tick, now);
    }
    assert_eq!((state.counts.failed, state.outbox.len()), (1, 1));
}

#[test]
fn a_comment_decided_in_this_session_is_not_added_again() {
    let (mut state, now) = busy(cases(0..3));
    // A claim is in flight while c0 is decided and acknowledged.
    let later = now + TimeDelta::seconds(5);
    assert!(claim(&state.update(Event::Tick, later)).is_some());
    let request = decision(&press(&mut state, "a", later));
    answer(&mut state, &request.request_id, Ok(decided(&request)), later);
    press(&mut state, "a", later);
    state.update(Event::Claimed(Ok(ClaimResponse { cases: cases(0..4), renewed: vec![] })), later);
    assert_eq!(state.held.ids(), ["c2", "c3"]);
}

#[test]
fn skipped_comments_come_last_and_are_dropped_when_their_claim_ends() {
    let (mut state, now) = busy(cases(0..2));
    press(&mut state, " ", now);
    assert_eq!((said(&state), state.held.current_id()), ("triage-skipped", Some("c1")));
    press(&mut state, "a", now);
    assert_eq!(state.held.current_id(), Some("c0"));
    press(&mut state, "j", now);
    assert_eq!((said(&state), state.held.current_id()), ("triage-nothing-else", Some("c0")));
    state.held.add(HeldComment::new(case(7, "x"), now + TimeDelta::hours(1)).unwrap());
    press(&mut state, "j", now);
    state.update(Event::Tick, start() + TimeDelta::minutes(6));
    assert_eq!(state.held.ids(), ["c7"]);
}

#[test]
fn a_ban_is_a_form_of_single_keys_and_can_be_reverted() {
    let (mut state, now) = busy(cases(0..3));
    press(&mut state, "bph3\n", now);
    assert_eq!(said(&state), "triage-ban-needs-reason");
    let effects = press(&mut state, "4w\n", now);
    let [(id, Operation::Ban(request))] = &sent(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((request.subject_kind(), request.effect()), (v1::BanSubject::IpPrefix, v1::BanEffect::Hold));
    assert_eq!((request.reason(), request.reject_pending, request.remove_published), (v1::Reason::SpamAd, true, false));
    let ends = request.expires_at.unwrap().seconds - now.timestamp();
    assert!((29 * 86_400..30 * 86_400).contains(&ends), "a prefix is banned for 30 days at most");
    assert_eq!(state.held.current_id(), Some("c0"), "the comment still waits for a decision");

    let comment = v1::Comment { id: "c0".into(), revision: 2, ..Default::default() };
    let result =
        v1::ItemResult { comment_id: "c0".into(), comment: Some(comment), changed: true, ..Default::default() };
    let ban = v1::Ban { id: "b".into(), batch_id: "batch".into(), ..Default::default() };
    let banned = v1::CreateBanResponse { ban: Some(ban), results: vec![result], more: false };
    answer(&mut state, id, Ok(OperationResult::Banned(Box::new(banned))), now);
    assert_eq!((state.held.current_id(), state.counts.bans), (Some("c1"), 1));
    let effects = press(&mut state, "u", now);
    assert!(matches!(&sent(&effects)[..], [(_, Operation::Revert { target: Some(RevertTarget::Batch(_)), .. })]));
}

//! Sessions as a moderator has them, without a screen and without a service.

use super::{
    super::{
        super::outcome::Standing,
        event::{Answer, Claimed},
        hand::Held,
        outbox::{Deed, Target},
        tests::{away, burst, busy, case, cases, conflict, decided, press, start, state},
    },
    *,
};

/// The deeds among effects.
fn sent(effects: &[Effect]) -> Vec<(String, Deed)> {
    let deeds = effects.iter().filter_map(|effect| match effect {
        Effect::Send { id, deed } => Some((id.clone(), deed.clone())),
        _ => None,
    });
    deeds.collect()
}

fn decision(effects: &[Effect]) -> v1::DecideRequest {
    match sent(effects).as_slice() {
        [(_, Deed::Decide(request))] => request.clone(),
        other => panic!("no single decision: {other:?}"),
    }
}

fn claim(effects: &[Effect]) -> Option<v1::ClaimNextRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Claim(request) => Some(request.clone()),
        _ => None,
    })
}

fn answer(state: &mut State, id: &str, answer: Result<Answer, Trouble>, now: DateTime<Utc>) -> Vec<Effect> {
    state.update(Event::Answered { id: id.to_owned(), answer }, now)
}

fn said(state: &State) -> &'static str {
    state.message.as_ref().map_or("", |message| message.key)
}

fn reverted(id: &str, revision: i64) -> Answer {
    let status = v1::CommentStatus::Pending.into();
    Answer::Reverted(Some(Box::new(v1::Comment { id: id.into(), revision, status, ..Default::default() })))
}

#[test]
fn a_verdict_brings_the_next_comment_before_any_answer() {
    let (mut state, now) = busy(cases(0..10));
    let first = decision(&press(&mut state, "a", now));
    assert_eq!((first.comment_id.as_str(), first.action()), ("c0", v1::Action::Approve));
    assert_eq!(state.hand.current_id(), Some("c1"));
    // The service has said nothing so far, and the review goes on all the same.
    for number in 2..10 {
        assert_eq!(sent(&press(&mut state, "s", now)), [], "one deed at a time");
        assert_eq!(state.hand.current_id(), Some(format!("c{number}").as_str()));
    }
    assert_eq!((state.outbox.len(), state.tally.decided(), state.waiting), (9, 9, Some(31)));
    let effects = answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    assert_eq!(decision(&effects).comment_id, "c1");
}

#[test]
fn comments_are_claimed_ahead() {
    let mut state = state();
    let first = claim(&state.update(Event::Tick, start())).unwrap();
    assert_eq!((first.limit, first.lease.unwrap().seconds), (10, 300));
    let claimed = Claimed { cases: cases(0..10), renewed: vec![] };
    assert_eq!(claim(&state.update(Event::Claimed(Ok(claimed)), start())), None);
    state.see(start());
    let now = start() + TimeDelta::seconds(1);
    assert_eq!(claim(&press(&mut state, "aaaa", now)), None);
    assert_eq!(state.hand.ready(), 5);
    assert_eq!(claim(&press(&mut state, "a", now)).unwrap().limit, 10);
    assert_eq!(claim(&press(&mut state, "a", now)), None, "one claim at a time");
}

#[test]
fn a_rejection_asks_for_its_reason_and_other_for_a_note() {
    let (mut state, now) = busy(cases(0..3));
    assert_eq!(sent(&press(&mut state, "r", now)), []);
    let request = decision(&press(&mut state, "2", now));
    assert_eq!((request.action(), request.reason()), (v1::Action::Reject, v1::Reason::Insult));
    answer(&mut state, &request.request_id, Ok(decided(&request)), now);

    press(&mut state, "r0\n", now);
    assert_eq!((said(&state), state.hand.current_id()), ("triage-note-empty", Some("c1")));
    let request = decision(&press(&mut state, "bịa đặt \n", now));
    assert_eq!((request.reason(), request.note.as_str()), (v1::Reason::Other, "bịa đặt"));
    press(&mut state, "r\u{1b}", now);
    assert_eq!((&state.mode, state.hand.current_id()), (&Mode::Review, Some("c2")));
}

#[test]
fn notes_are_edited_by_letters() {
    let (mut state, now) = busy(cases(0..1));
    press(&mut state, "ne\u{302}\u{323}b", now);
    for edit in [super::super::modes::Edit::Left, super::super::modes::Edit::Backspace] {
        state.update(Event::Press(super::super::event::Intent::Edit(edit)), now);
    }
    let effects = press(&mut state, "a\n", now);
    assert!(
        matches!(sent(&effects).as_slice(), [(_, Deed::Note(note))] if note.text == "ab" && note.comment_id == "c0")
    );
}

#[test]
fn a_colleagues_verdict_is_told_counted_and_passed() {
    let (mut state, now) = busy(cases(0..5));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "r", now);
    answer(&mut state, &request.request_id, Err(conflict()), now);
    assert_eq!(said(&state), "triage-conflict");
    let text = state.message.as_ref().unwrap().say(duyet_locale::Locale::Vi);
    assert!(text.contains("lan") && text.contains("đã từ chối") && text.contains("Người 0"), "{text}");
    // Place and menu are as they were.
    assert_eq!(
        (state.hand.current_id(), &state.mode),
        (Some("c1"), &Mode::Reasons(super::super::modes::Purpose::Reject))
    );
    assert_eq!((state.tally.conflicts, state.tally.decided(), state.log.len()), (1, 0, 1));

    let request = decision(&press(&mut state, "1", now));
    let Answer::Decided(mut response) = decided(&request) else { panic!() };
    (response.changed, response.decided_by) = (false, "lan".into());
    answer(&mut state, &request.request_id, Ok(Answer::Decided(response)), now);
    assert_eq!((state.tally.conflicts, state.tally.decided()), (2, 0));
    press(&mut state, "u", now);
    assert_eq!(said(&state), "triage-nothing-to-undo");
}

#[test]
fn what_is_not_acknowledged_is_sent_again_under_the_same_id_and_in_order() {
    let (mut state, now) = busy(cases(0..5));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "s", now);
    assert_eq!(sent(&answer(&mut state, &request.request_id, Err(away()), now)), []);
    assert!(state.away_since.is_some() && said(&state) == "triage-away");
    // The review goes on with what is in hand.
    press(&mut state, "a", now);
    assert_eq!((state.outbox.len(), state.hand.current_id()), (3, Some("c3")));
    assert_eq!(sent(&state.update(Event::Tick, now + TimeDelta::milliseconds(400))), []);
    let again = decision(&state.update(Event::Tick, now + TimeDelta::milliseconds(500)));
    assert_eq!(again, request);
    answer(&mut state, &request.request_id, Err(away()), now);
    assert_eq!(sent(&state.update(Event::Tick, now + TimeDelta::milliseconds(900))), [], "waits longer each time");
    let later = now + TimeDelta::seconds(60);
    state.update(Event::Tick, later);
    let next = decision(&answer(&mut state, &request.request_id, Ok(decided(&request)), later));
    assert_eq!((next.comment_id.as_str(), state.away_since), ("c1", None));
}

#[test]
fn a_fault_of_the_service_holds_nobody_up_for_ever() {
    let (mut state, mut now) = busy(cases(0..5));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "s", now);
    for _ in 0..5 {
        let fault = Trouble::Away { message: "hỏng".into(), after: None, is_fault: true };
        answer(&mut state, &request.request_id, Err(fault), now);
        now += TimeDelta::seconds(20);
        state.update(Event::Tick, now);
    }
    assert_eq!((state.tally.refused, state.outbox.len()), (1, 1));
}

#[test]
fn undo_brings_the_comment_back_and_decides_anew_at_its_new_revision() {
    let (mut state, now) = busy(cases(0..5));
    let first = decision(&press(&mut state, "a", now));
    answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    let effects = press(&mut state, "u", now);
    let [(id, Deed::TakeBack { target, .. })] = &sent(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(target, &Some(Target::Decision(format!("d-{}", first.request_id))));
    assert_eq!((state.hand.current_id(), state.tally.decided()), (Some("c0"), 0));
    // Decided again before the undo is answered: it waits for the revision.
    assert_eq!(sent(&press(&mut state, "s", now)), []);
    let second = decision(&answer(&mut state, id, Ok(reverted("c0", 3)), now));
    assert_eq!((second.comment_id.as_str(), second.expected_revision), ("c0", 3));
}

#[test]
fn undo_goes_back_step_by_step_and_what_never_left_is_not_sent() {
    let (mut state, now) = busy(cases(0..5));
    let first = decision(&press(&mut state, "a", now));
    press(&mut state, "ss", now);
    assert_eq!(sent(&press(&mut state, "uu", now)), []);
    assert_eq!((state.outbox.len(), state.hand.current_id()), (1, Some("c1")));
    // The first is on its way: its undo waits for the name that the service gives it.
    press(&mut state, "u", now);
    assert_eq!((state.outbox.len(), state.hand.current_id()), (2, Some("c0")));
    let effects = answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    assert!(matches!(&sent(&effects)[..], [(_, Deed::TakeBack { target: Some(_), .. })]));
    press(&mut state, "u", now);
    assert_eq!(said(&state), "triage-nothing-to-undo");
}

#[test]
fn an_undo_of_what_a_colleague_won_is_moot() {
    let (mut state, now) = busy(cases(0..3));
    let first = decision(&press(&mut state, "a", now));
    press(&mut state, "u", now);
    answer(&mut state, &first.request_id, Err(conflict()), now);
    assert_eq!((state.outbox.len(), state.hand.current_id()), (0, Some("c1")));
    assert_eq!((state.tally.conflicts, state.tally.decided()), (1, 0));
    press(&mut state, "a", now);
    assert_eq!(said(&state), "triage-just-changed", "the comment changed by itself: no verdict yet");
    press(&mut state, "a", now + TimeDelta::seconds(1));
    assert_eq!(state.hand.current_id(), Some("c2"));
}

#[test]
fn a_refused_undo_says_why_and_takes_the_comment_away_again() {
    let (mut state, now) = busy(cases(0..3));
    let first = decision(&press(&mut state, "a", now));
    answer(&mut state, &first.request_id, Ok(decided(&first)), now);
    let effects = press(&mut state, "us", now);
    answer(&mut state, &sent(&effects)[0].0, Err(conflict()), now);
    assert_eq!((said(&state), state.hand.current_id(), state.outbox.len()), ("triage-not-undone", Some("c1"), 0));
    assert_eq!((state.tally.undone, state.tally.spam), (0, 0));
}

#[test]
fn leases_are_renewed_in_time_and_lost_ones_are_told() {
    let (mut state, now) = busy(cases(0..10));
    assert_eq!(claim(&state.update(Event::Tick, start() + TimeDelta::seconds(149))), None);
    let renewal = claim(&state.update(Event::Tick, start() + TimeDelta::seconds(151))).unwrap();
    assert_eq!((renewal.limit, renewal.renew.len()), (0, 10));
    let renewed = (2..10).map(|number| format!("c{number}")).collect();
    state.update(Event::Claimed(Ok(Claimed { cases: vec![], renewed })), now + TimeDelta::seconds(151));
    assert_eq!((state.hand.current_id(), state.hand.ready(), said(&state)), (Some("c0"), 8, "triage-lost"));
    assert!(state.hand.current().is_some_and(|held| held.lost));
    assert_eq!(claim(&state.update(Event::Tick, start() + TimeDelta::seconds(200))), None);
    let second = claim(&state.update(Event::Tick, start() + TimeDelta::seconds(302))).unwrap();
    assert!(!second.renew.contains(&"c0".to_owned()), "a lost claim is not asked for again");
    // The revision decides: a verdict is still possible.
    assert_eq!(decision(&press(&mut state, "a", start() + TimeDelta::seconds(303))).comment_id, "c0");
}

#[test]
fn a_comment_taken_back_during_a_renewal_is_not_lost() {
    let (mut state, now) = busy(cases(0..10));
    let later = now + TimeDelta::seconds(200);
    assert!(claim(&state.update(Event::Tick, later)).is_some());
    let request = decision(&press(&mut state, "a", later));
    answer(&mut state, &request.request_id, Ok(decided(&request)), later);
    press(&mut state, "u", later);
    let renewed = (1..10).map(|number| format!("c{number}")).collect();
    state.update(Event::Claimed(Ok(Claimed { cases: vec![], renewed })), later);
    assert!(state.hand.current().is_some_and(|held| held.comment.id == "c0" && !held.lost));
}

/// A session in which c0 was decided, and the undo is about to be answered under the id.
fn undoing() -> (State, String, DateTime<Utc>) {
    let (mut state, now) = busy(cases(0..10));
    let request = decision(&press(&mut state, "a", now));
    answer(&mut state, &request.request_id, Ok(decided(&request)), now);
    let id = sent(&press(&mut state, "u", now))[0].0.clone();
    (state, id, now)
}

/// The comment on the screen, whether it is lost, and what is said.
fn shown(state: &State) -> (&str, bool, &'static str) {
    let held = state.hand.current().unwrap();
    (&held.comment.id, held.lost, said(state))
}

#[test]
fn an_undone_comment_is_claimed_anew_at_once() {
    let undone = ("c0", false, "triage-undone");
    let all = (0..10).map(|number| format!("c{number}")).collect::<Vec<_>>();
    let answers = [
        // The service holds it again, or gives it like a new one, or gives another one.
        (Claimed { cases: cases(10..11), renewed: all.clone() }, 10),
        (Claimed { cases: cases(0..1), renewed: all[1..].to_vec() }, 9),
        (Claimed { cases: cases(10..11), renewed: all[1..].to_vec() }, 10),
    ];
    for (claimed, ready) in answers {
        let (mut state, id, now) = undoing();
        let request = claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), now)).unwrap();
        assert_eq!((request.limit, &request.renew), (1, &all));
        let effects = state.update(Event::Claimed(Ok(claimed)), now);
        assert_eq!((shown(&state), state.hand.ready(), claim(&effects)), (undone, ready, None));
        assert_eq!(decision(&press(&mut state, "s", now)).expected_revision, 3);
    }
}

#[test]
fn an_answer_from_before_an_undo_says_nothing_of_its_comment() {
    let (mut state, id, now) = undoing();
    let later = now + TimeDelta::seconds(200);
    let request = claim(&state.update(Event::Tick, later)).unwrap();
    assert!(!request.renew.contains(&"c0".to_owned()), "its undo is not answered yet");
    assert_eq!(claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), later)), None, "one claim at a time");
    let effects = state.update(Event::Claimed(Ok(Claimed { cases: vec![], renewed: request.renew })), later);
    assert_eq!(shown(&state), ("c0", false, "triage-undone"));
    assert!(claim(&effects).unwrap().renew.contains(&"c0".to_owned()));
}

#[test]
fn an_undone_comment_that_a_colleague_took_is_told() {
    let (mut state, id, now) = undoing();
    let renewed = claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), now)).unwrap().renew[1..].to_vec();
    // Nothing is left to give, and still it is not ours.
    state.update(Event::Claimed(Ok(Claimed { cases: vec![], renewed })), now);
    assert_eq!(shown(&state), ("c0", true, "triage-lost"));

    // Held again, and lost later.
    let (mut state, id, now) = undoing();
    let renewed = claim(&answer(&mut state, &id, Ok(reverted("c0", 3)), now)).unwrap().renew;
    state.update(Event::Claimed(Ok(Claimed { cases: cases(10..11), renewed })), now);
    let later = now + TimeDelta::seconds(200);
    let renewed = claim(&state.update(Event::Tick, later)).unwrap().renew[1..].to_vec();
    state.update(Event::Claimed(Ok(Claimed { cases: vec![], renewed })), later);
    assert_eq!(shown(&state), ("c0", true, "triage-lost"));
}

#[test]
fn an_empty_queue_is_looked_at_again_and_a_new_comment_is_not_decided_by_accident() {
    let mut state = state();
    state.update(Event::Tick, start());
    state.update(Event::Claimed(Ok(Claimed::default())), start());
    press(&mut state, "a", start());
    assert_eq!(said(&state), "triage-no-comment");
    assert_eq!(claim(&state.update(Event::Tick, start() + TimeDelta::seconds(4))), None);
    let later = start() + TimeDelta::seconds(5);
    assert!(claim(&state.update(Event::Tick, later)).is_some());
    state.update(Event::Claimed(Ok(Claimed { cases: cases(0..1), renewed: vec![] })), later);
    state.see(later);
    press(&mut state, "a", later + TimeDelta::milliseconds(170));
    assert_eq!((said(&state), state.hand.current_id()), ("triage-just-changed", Some("c0")));
    press(&mut state, "a", later + TimeDelta::milliseconds(300));
    assert_eq!(state.hand.current_id(), None);
}

#[test]
fn a_comment_already_decided_here_does_not_come_again() {
    let (mut state, now) = busy(cases(0..3));
    // A claim is under way while c0 is decided and acknowledged.
    let later = now + TimeDelta::seconds(5);
    assert!(claim(&state.update(Event::Tick, later)).is_some());
    let request = decision(&press(&mut state, "a", later));
    answer(&mut state, &request.request_id, Ok(decided(&request)), later);
    press(&mut state, "a", later);
    state.update(Event::Claimed(Ok(Claimed { cases: cases(0..4), renewed: vec![] })), later);
    assert_eq!(state.hand.ids(), ["c2", "c3"]);
}

#[test]
fn skipped_comments_come_last_and_are_let_go_with_their_claim() {
    let (mut state, now) = busy(cases(0..2));
    press(&mut state, " ", now);
    assert_eq!((said(&state), state.hand.current_id()), ("triage-skipped", Some("c1")));
    press(&mut state, "a", now);
    assert_eq!(state.hand.current_id(), Some("c0"));
    press(&mut state, "j", now);
    assert_eq!((said(&state), state.hand.current_id()), ("triage-nothing-else", Some("c0")));
    state.hand.add(Held::new(case(7, "x"), now + TimeDelta::hours(1)).unwrap());
    press(&mut state, "j", now);
    state.update(Event::Tick, start() + TimeDelta::minutes(6));
    assert_eq!(state.hand.ids(), ["c7"]);
}

#[test]
fn a_ban_is_a_form_of_single_keys_and_can_be_undone() {
    let (mut state, now) = busy(cases(0..3));
    press(&mut state, "bph3\n", now);
    assert_eq!(said(&state), "triage-ban-needs-reason");
    let effects = press(&mut state, "4w\n", now);
    let [(id, Deed::Ban(request))] = &sent(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((request.subject_kind(), request.effect()), (v1::BanSubject::IpPrefix, v1::BanEffect::Hold));
    assert_eq!((request.reason(), request.reject_pending, request.remove_published), (v1::Reason::SpamAd, true, false));
    let ends = request.expires_at.unwrap().seconds - now.timestamp();
    assert!((29 * 86_400..30 * 86_400).contains(&ends), "a prefix is banned for 30 days at most");
    assert_eq!(state.hand.current_id(), Some("c0"), "the comment still wants its verdict");

    let comment = v1::Comment { id: "c0".into(), revision: 2, ..Default::default() };
    let result =
        v1::ItemResult { comment_id: "c0".into(), comment: Some(comment), changed: true, ..Default::default() };
    let ban = v1::Ban { id: "b".into(), batch_id: "batch".into(), ..Default::default() };
    let banned = v1::CreateBanResponse { ban: Some(ban), results: vec![result], more: false };
    answer(&mut state, id, Ok(Answer::Banned(Box::new(banned))), now);
    assert_eq!((state.hand.current_id(), state.tally.bans), (Some("c1"), 1));
    let effects = press(&mut state, "u", now);
    assert!(matches!(&sent(&effects)[..], [(_, Deed::TakeBack { target: Some(Target::Batch(_)), .. })]));
}

#[test]
fn quitting_waits_for_what_is_unsent_and_gives_claims_back() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "q", now);
    assert_eq!((&state.mode, state.is_leaving()), (&Mode::Quit, false));
    press(&mut state, "\u{1b}", now);
    assert_eq!(state.mode, Mode::Review);
    press(&mut state, "q", now);
    let effects = answer(&mut state, &request.request_id, Ok(decided(&request)), now);
    assert_eq!(effects, [Effect::Release(vec!["c1".into(), "c2".into()])]);
    state.update(Event::Released, now);
    assert!(state.is_over() && state.outcome() == Outcome::Done);
}

#[test]
fn leaving_with_unsent_decisions_is_said_by_the_exit_code() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    answer(&mut state, &request.request_id, Err(away()), now);
    press(&mut state, "qy", now);
    assert!(state.is_over());
    assert_eq!((state.outcome(), state.outbox.len()), (Outcome::Unavailable, 1));
}

#[test]
fn a_program_told_to_end_takes_two_seconds_for_its_claims() {
    let (mut state, now) = busy(cases(0..3));
    press(&mut state, "a", now);
    assert_eq!(state.update(Event::Hangup, now), []);
    let effects = state.update(Event::Tick, now + TimeDelta::seconds(2));
    assert_eq!(effects, [Effect::Release(vec!["c1".into(), "c2".into()])]);
    state.update(Event::Tick, now + TimeDelta::seconds(4));
    assert!(state.is_over());
}

#[test]
fn a_revoked_token_ends_the_session_with_its_reason() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    let denied = Failure::new(Outcome::Denied, "thu hồi");
    answer(&mut state, &request.request_id, Err(Trouble::Denied(denied.clone())), now);
    assert!(state.ended == Some(denied) && !state.is_over());
    assert_eq!(state.update(Event::Tick, now + TimeDelta::hours(1)), []);
    press(&mut state, "q", now);
    assert!(state.is_over() && state.outcome() == Outcome::Denied);
}

#[test]
fn a_token_denied_at_once_shows_no_screen() {
    let mut state = state();
    state.update(Event::Tick, start());
    state.update(Event::Claimed(Err(Trouble::Denied(Failure::new(Outcome::Denied, "x")))), start());
    assert!(state.is_over());
}

/// Moments after a moment.
fn after(now: DateTime<Utc>, milliseconds: i64) -> DateTime<Utc> {
    now + TimeDelta::milliseconds(milliseconds)
}

#[test]
fn keys_that_come_at_once_decide_one_comment() {
    for keys in ["aaaaaaaa", "ssssssss", "r8r8r8r8", "br4\nbr4\nabr4\n", "a a a a "] {
        let (mut state, now) = busy(cases(0..10));
        burst(&mut state, keys, now);
        assert_eq!((state.hand.current_id(), state.tally.decided()), (Some("c1"), 1), "{keys}");
    }
    // Bans are about a comment too.
    let (mut state, now) = busy(cases(0..10));
    burst(&mut state, "abr4\nbr4\n", now);
    assert_eq!((state.tally.decided(), state.tally.bans), (1, 0));
}

#[test]
fn a_comment_is_decided_when_it_was_on_the_screen_for_a_moment() {
    let (mut state, now) = busy(cases(0..10));
    burst(&mut state, "a", now);
    burst(&mut state, "a", after(now, 10_000));
    assert_eq!((said(&state), state.hand.current_id()), ("triage-just-changed", Some("c1")), "it was never drawn");
    let now = after(now, 20_000);
    state.see(now);
    burst(&mut state, "a", after(now, 199));
    assert_eq!((said(&state), state.hand.current_id()), ("triage-just-changed", Some("c1")));
    // The key before was refused a moment ago, so this one may be the same finger.
    burst(&mut state, "a", after(now, 250));
    assert_eq!(state.hand.current_id(), Some("c1"));
    burst(&mut state, "a", after(now, 450));
    assert_eq!(state.hand.current_id(), Some("c2"));
    state.see(after(now, 460));
    burst(&mut state, "a", after(now, 660));
    assert_eq!(state.hand.current_id(), Some("c3"), "200 ms are enough");
}

#[test]
fn a_key_that_is_held_down_decides_one_comment() {
    let (mut state, now) = busy(cases(0..10));
    for milliseconds in (0..5_000).step_by(33) {
        burst(&mut state, "a", after(now, milliseconds));
        state.see(after(now, milliseconds + 5));
    }
    assert_eq!((state.hand.current_id(), state.tally.decided()), (Some("c1"), 1));
    burst(&mut state, "a", after(now, 5_300));
    assert_eq!(state.hand.current_id(), Some("c2"));
}

#[test]
fn undo_help_and_the_way_out_need_nothing_to_be_seen() {
    let (mut state, now) = busy(cases(0..10));
    burst(&mut state, "au", now);
    assert_eq!((said(&state), state.hand.current_id(), state.tally.decided()), ("triage-undone", Some("c0"), 0));
    burst(&mut state, "a", now);
    assert_eq!(state.hand.current_id(), Some("c0"), "what came back is to be seen again");
    burst(&mut state, "?", now);
    assert_eq!(state.mode, Mode::Pane(Pane::Help));
    burst(&mut state, "\u{1b}q", now);
    assert!(state.mode == Mode::Quit || state.is_leaving());
}

#[test]
fn a_comment_whose_end_was_not_shown_is_decided_at_the_second_key() {
    let long = Extent { page: 8, most: 12, shows_comment: true };
    for key in ["a", "s", "r", "b"] {
        let (mut state, now) = busy(cases(0..1));
        state.turn(true);
        state.update(Event::Drawn(long), now);
        burst(&mut state, key, after(now, 300));
        assert_eq!(
            (said(&state), &state.mode, state.tally.decided()),
            ("triage-end-unseen", &Mode::Review, 0),
            "{key}"
        );
        // The warning was not drawn yet, and then not for long enough.
        burst(&mut state, key, after(now, 600));
        state.update(Event::Drawn(long), after(now, 600));
        burst(&mut state, key, after(now, 700));
        assert_eq!((&state.mode, state.tally.decided()), (&Mode::Review, 0), "{key}");
        burst(&mut state, key, after(now, 900));
        assert!(state.tally.decided() == 1 || state.mode != Mode::Review, "{key}");
    }
    // Read to its end it needs no second key.
    let (mut state, now) = busy(cases(0..1));
    state.turn(true);
    state.update(Event::Drawn(long), now);
    state.update(Event::Press(super::super::event::Intent::Scroll(super::super::event::Scroll::Bottom)), now);
    state.update(Event::Drawn(long), now);
    burst(&mut state, "a", after(now, 200));
    assert_eq!(state.tally.decided(), 1);
}

#[test]
fn a_comment_that_is_not_drawn_is_not_decided() {
    let (mut state, now) = busy(cases(0..3));
    // The window is too small, or something else is read.
    state.update(Event::Drawn(Extent::default()), now);
    burst(&mut state, "a", after(now, 1_000));
    assert_eq!((said(&state), state.hand.current_id()), ("triage-just-changed", Some("c0")));
}

#[test]
fn a_clock_that_is_set_back_holds_nobody_up() {
    let (mut state, now) = busy(cases(0..3));
    let earlier = now - TimeDelta::hours(1);
    burst(&mut state, "a", earlier);
    state.see(earlier);
    burst(&mut state, "a", after(earlier, 300));
    assert_eq!(state.hand.current_id(), Some("c1"));
}

/// The case of a comment that a colleague decided and took back.
fn returned(number: usize) -> Box<v1::ReviewCase> {
    let mut case = case(number, "Nội dung mới");
    case.comment.as_mut().unwrap().revision = 3;
    Box::new(case)
}

fn change(state: &mut State, id: &str, revision: i64, now: DateTime<Utc>) -> Vec<Effect> {
    state.update(Event::Changed { id: id.into(), revision, waits: true }, now)
}

#[test]
fn what_a_colleague_changed_is_shown_as_it_stands_and_seen_again() {
    let (mut state, now) = busy(cases(0..3));
    press(&mut state, "r", now);
    assert_eq!(change(&mut state, "c0", 3, now), [Effect::Look("c0".into())]);
    assert_eq!(change(&mut state, "c1", 3, now), [], "one at a time");
    let effects = state.update(Event::Looked(Ok(Some(returned(0)))), now);
    assert!(effects.contains(&Effect::Look("c1".into())));
    assert_eq!((said(&state), &state.mode, state.hand.current_id()), ("triage-changed", &Mode::Review, Some("c0")));
    burst(&mut state, "a", after(now, 1_000));
    assert_eq!(state.tally.decided(), 0, "not drawn as it stands now");
    state.update(Event::Looked(Ok(Some(returned(1)))), now);
    state.see(after(now, 1_000));
    let request = decision(&burst(&mut state, "a", after(now, 1_300)));
    assert_eq!((request.comment_id.as_str(), request.expected_revision), ("c0", 3));
    let effects = answer(&mut state, &request.request_id, Ok(decided(&request)), after(now, 1_300));
    assert_eq!(sent(&effects), []);
    state.see(after(now, 1_400));
    let request = decision(&burst(&mut state, "a", after(now, 2_000)));
    assert_eq!((request.comment_id.as_str(), request.expected_revision), ("c1", 3));
    // Old news and news of others change nothing.
    assert_eq!(change(&mut state, "c2", 1, now), []);
    assert_eq!(change(&mut state, "c9", 7, now), []);
}

#[test]
fn a_decision_on_a_state_that_is_gone_brings_the_comment_back() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    let standing = Standing { status: "PENDING".into(), revision: 3, decided_by: "lan".into(), ..Default::default() };
    let failure = Failure { standing: Some(Box::new(standing)), ..Failure::new(Outcome::Conflict, "lan") };
    let effects = answer(&mut state, &request.request_id, Err(Trouble::Refused(failure)), now);
    assert!(effects.contains(&Effect::Look("c0".into())), "{effects:?}");
    state.update(Event::Looked(Ok(Some(returned(0)))), now);
    // It comes next, behind the comment that is being read.
    assert_eq!(state.hand.ids(), ["c1", "c0", "c2"]);
    press(&mut state, "a", now);
    press(&mut state, "s", now);
    assert_eq!(state.outbox.decisions(), 2);
}

#[test]
fn what_a_colleague_decided_is_let_go() {
    let (mut state, now) = busy(cases(0..3));
    let gone = |number| {
        let mut case = returned(number);
        case.comment.as_mut().unwrap().status = v1::CommentStatus::Rejected.into();
        case
    };
    change(&mut state, "c1", 2, now);
    state.update(Event::Looked(Ok(Some(gone(1)))), now);
    assert_eq!((said(&state), state.hand.ids()), ("triage-lost", vec!["c0".to_owned(), "c2".to_owned()]));
    // The one on the screen stays; the answer to its key tells who was first.
    change(&mut state, "c0", 2, now);
    state.update(Event::Looked(Ok(Some(gone(0)))), now);
    assert!(state.hand.current().is_some_and(|held| held.comment.id == "c0" && held.lost));
    assert_eq!(decision(&press(&mut state, "s", now)).expected_revision, 1);
    // A service that is away is asked again.
    change(&mut state, "c2", 2, now);
    assert_eq!(state.update(Event::Looked(Err(away())), now), []);
    assert!(state.update(Event::Tick, after(now, 2_000)).contains(&Effect::Look("c2".into())));
}

//! The end of a session.

use chrono::TimeDelta;

use super::support::{answer, decision};
use crate::{
    exit::{Exit, Failure},
    triage::{
        event::{CallError, Effect, Event},
        input_mode::InputMode,
        tests::{away, busy, cases, decided, press, start, state},
    },
};

#[test]
fn quitting_sends_what_is_unsent_and_releases_claims() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    press(&mut state, "q", now);
    assert_eq!((&state.mode, state.is_leaving()), (&InputMode::Quit, false));
    press(&mut state, "\u{1b}", now);
    assert_eq!(state.mode, InputMode::Review);
    press(&mut state, "q", now);
    let effects = answer(&mut state, &request.request_id, Ok(decided(&request)), now);
    assert_eq!(effects, [Effect::Release(vec!["c1".into(), "c2".into()])]);
    state.update(Event::Released, now);
    assert!(state.is_over() && state.exit() == Exit::Done);
}

#[test]
fn leaving_with_unsent_decisions_sets_the_exit_code() {
    let (mut state, now) = busy(cases(0..3));
    let request = decision(&press(&mut state, "a", now));
    answer(&mut state, &request.request_id, Err(away()), now);
    press(&mut state, "qy", now);
    assert!(state.is_over());
    assert_eq!((state.exit(), state.outbox.len()), (Exit::Unavailable, 1));
}

#[test]
fn a_signal_releases_claims_after_two_seconds() {
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
    let denied = Failure::new(Exit::Denied, "thu hồi");
    answer(&mut state, &request.request_id, Err(CallError::Denied(denied.clone())), now);
    assert!(state.ended == Some(denied) && !state.is_over());
    assert_eq!(state.update(Event::Tick, now + TimeDelta::hours(1)), []);
    press(&mut state, "q", now);
    assert!(state.is_over() && state.exit() == Exit::Denied);
}

#[test]
fn a_token_denied_at_the_start_shows_no_screen() {
    let mut state = state();
    state.update(Event::Tick, start());
    state.update(Event::Claimed(Err(CallError::Denied(Failure::new(Exit::Denied, "x")))), start());
    assert!(state.is_over());
}

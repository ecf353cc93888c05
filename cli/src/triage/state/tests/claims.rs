//! Claims ahead of the moderator.

use chrono::TimeDelta;

use super::support::{claim, decision, said};
use crate::triage::{
    event::{ClaimResponse, Event},
    tests::{busy, cases, press, start, state},
};

#[test]
fn comments_are_claimed_ahead() {
    let mut state = state();
    let first = claim(&state.update(Event::Tick, start())).unwrap();
    assert_eq!((first.limit, first.lease.unwrap().seconds), (10, 300));
    let claimed = ClaimResponse { cases: cases(0..10), renewed: vec![] };
    assert_eq!(claim(&state.update(Event::Claimed(Ok(claimed)), start())), None);
    state.see(start());
    let now = start() + TimeDelta::seconds(1);
    assert_eq!(claim(&press(&mut state, "aaaa", now)), None);
    assert_eq!(state.held.ready(), 5);
    assert_eq!(claim(&press(&mut state, "a", now)).unwrap().limit, 10);
    assert_eq!(claim(&press(&mut state, "a", now)), None, "only one claim may be in flight");
}

#[test]
fn leases_are_renewed_in_time_and_lost_ones_are_reported() {
    let (mut state, now) = busy(cases(0..10));
    assert_eq!(claim(&state.update(Event::Tick, start() + TimeDelta::seconds(149))), None);
    let renewal = claim(&state.update(Event::Tick, start() + TimeDelta::seconds(151))).unwrap();
    assert_eq!((renewal.limit, renewal.renew.len()), (0, 10));
    let renewed = (2..10).map(|number| format!("c{number}")).collect();
    state.update(Event::Claimed(Ok(ClaimResponse { cases: vec![], renewed })), now + TimeDelta::seconds(151));
    assert_eq!((state.held.current_id(), state.held.ready(), said(&state)), (Some("c0"), 8, "triage-lost"));
    assert!(state.held.current().is_some_and(|held| held.lost));
    assert_eq!(claim(&state.update(Event::Tick, start() + TimeDelta::seconds(200))), None);
    let second = claim(&state.update(Event::Tick, start() + TimeDelta::seconds(302))).unwrap();
    assert!(!second.renew.contains(&"c0".to_owned()), "a lost claim is not renewed");
    // A decision is still possible, because the revision protects it.
    assert_eq!(decision(&press(&mut state, "a", start() + TimeDelta::seconds(303))).comment_id, "c0");
}

#[test]
fn an_empty_queue_is_polled_and_an_earlier_key_does_not_decide_a_new_comment() {
    let mut state = state();
    state.update(Event::Tick, start());
    state.update(Event::Claimed(Ok(ClaimResponse::default())), start());
    press(&mut state, "a", start());
    assert_eq!(said(&state), "triage-no-comment");
    assert_eq!(claim(&state.update(Event::Tick, start() + TimeDelta::seconds(4))), None);
    let later = start() + TimeDelta::seconds(5);
    assert!(claim(&state.update(Event::Tick, later)).is_some());
    state.update(Event::Claimed(Ok(ClaimResponse { cases: cases(0..1), renewed: vec![] })), later);
    state.see(later);
    press(&mut state, "a", later + TimeDelta::milliseconds(170));
    assert_eq!((said(&state), state.held.current_id()), ("triage-just-changed", Some("c0")));
    press(&mut state, "a", later + TimeDelta::milliseconds(300));
    assert_eq!(state.held.current_id(), None);
}

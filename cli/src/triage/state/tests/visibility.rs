//! Keys act only on comments that the moderator has seen.

use chrono::TimeDelta;

use super::support::{after, said};
use crate::triage::{
    event::{Event, Extent, Intent, Scroll},
    input_mode::{InputMode, Pane},
    tests::{burst, busy, cases},
};

#[test]
fn keys_pressed_at_once_decide_one_comment() {
    for keys in ["aaaaaaaa", "ssssssss", "r8r8r8r8", "br4\nbr4\nabr4\n", "a a a a "] {
        let (mut state, now) = busy(cases(0..10));
        burst(&mut state, keys, now);
        assert_eq!((state.held.current_id(), state.counts.decided()), (Some("c1"), 1), "{keys}");
    }
    // A ban is about a comment, too.
    let (mut state, now) = busy(cases(0..10));
    burst(&mut state, "abr4\nbr4\n", now);
    assert_eq!((state.counts.decided(), state.counts.bans), (1, 0));
}

#[test]
fn a_comment_is_decided_only_after_a_moment_on_the_screen() {
    let (mut state, now) = busy(cases(0..10));
    burst(&mut state, "a", now);
    burst(&mut state, "a", after(now, 10_000));
    assert_eq!(
        (said(&state), state.held.current_id()),
        ("triage-just-changed", Some("c1")),
        "the comment was never drawn"
    );
    let now = after(now, 20_000);
    state.see(now);
    burst(&mut state, "a", after(now, 199));
    assert_eq!((said(&state), state.held.current_id()), ("triage-just-changed", Some("c1")));
    // The previous key was ignored a moment ago, so this may be the same key press.
    burst(&mut state, "a", after(now, 250));
    assert_eq!(state.held.current_id(), Some("c1"));
    burst(&mut state, "a", after(now, 450));
    assert_eq!(state.held.current_id(), Some("c2"));
    state.see(after(now, 460));
    burst(&mut state, "a", after(now, 660));
    assert_eq!(state.held.current_id(), Some("c3"), "200 ms are enough");
}

#[test]
fn a_key_that_is_held_down_decides_one_comment() {
    let (mut state, now) = busy(cases(0..10));
    for milliseconds in (0..5_000).step_by(33) {
        burst(&mut state, "a", after(now, milliseconds));
        state.see(after(now, milliseconds + 5));
    }
    assert_eq!((state.held.current_id(), state.counts.decided()), (Some("c1"), 1));
    burst(&mut state, "a", after(now, 5_300));
    assert_eq!(state.held.current_id(), Some("c2"));
}

#[test]
fn undo_help_and_quit_work_before_a_comment_is_seen() {
    let (mut state, now) = busy(cases(0..10));
    burst(&mut state, "au", now);
    assert_eq!((said(&state), state.held.current_id(), state.counts.decided()), ("triage-undone", Some("c0"), 0));
    burst(&mut state, "a", now);
    assert_eq!(state.held.current_id(), Some("c0"), "a returned comment must be seen again");
    burst(&mut state, "?", now);
    assert_eq!(state.mode, InputMode::Pane(Pane::Help));
    burst(&mut state, "\u{1b}q", now);
    assert!(state.mode == InputMode::Quit || state.is_leaving());
}

#[test]
fn a_comment_with_an_unseen_end_is_decided_by_the_second_key() {
    let long = Extent { page: 8, most: 12, shows_comment: true };
    for key in ["a", "s", "r", "b"] {
        let (mut state, now) = busy(cases(0..1));
        state.turn(true);
        state.update(Event::Drawn(long), now);
        burst(&mut state, key, after(now, 300));
        assert_eq!(
            (said(&state), &state.mode, state.counts.decided()),
            ("triage-end-unseen", &InputMode::Review, 0),
            "{key}"
        );
        // The warning was not drawn yet, then drawn for too short a time.
        burst(&mut state, key, after(now, 600));
        state.update(Event::Drawn(long), after(now, 600));
        burst(&mut state, key, after(now, 700));
        assert_eq!((&state.mode, state.counts.decided()), (&InputMode::Review, 0), "{key}");
        burst(&mut state, key, after(now, 900));
        assert!(state.counts.decided() == 1 || state.mode != InputMode::Review, "{key}");
    }
    // After reading to the end, one key is enough.
    let (mut state, now) = busy(cases(0..1));
    state.turn(true);
    state.update(Event::Drawn(long), now);
    state.update(Event::Press(Intent::Scroll(Scroll::Bottom)), now);
    state.update(Event::Drawn(long), now);
    burst(&mut state, "a", after(now, 200));
    assert_eq!(state.counts.decided(), 1);
}

#[test]
fn a_comment_that_is_not_drawn_is_not_decided() {
    let (mut state, now) = busy(cases(0..3));
    // The window is too small, or a pane is open.
    state.update(Event::Drawn(Extent::default()), now);
    burst(&mut state, "a", after(now, 1_000));
    assert_eq!((said(&state), state.held.current_id()), ("triage-just-changed", Some("c0")));
}

#[test]
fn a_clock_that_is_set_back_blocks_no_key() {
    let (mut state, now) = busy(cases(0..3));
    let earlier = now - TimeDelta::hours(1);
    burst(&mut state, "a", earlier);
    state.see(earlier);
    burst(&mut state, "a", after(earlier, 300));
    assert_eq!(state.held.current_id(), Some("c1"));
}

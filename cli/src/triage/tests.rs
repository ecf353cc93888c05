//! Test data of the review, and whole sessions with random keys and a fake service.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use super::{
    event::{CallError, ClaimResponse, Effect, Event, Extent, OperationResult},
    input_mode::InputMode,
    keys,
    outbox::{Operation, RevertTarget},
    state::{ReviewOptions, State},
    view::{self, Palette, Scene},
};
use crate::exit::{Exit, Failure, PriorDecision};
use duyet_locale::Locale;
use duyet_proto::v1;

pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_777_622_400, 0).unwrap()
}

pub(super) fn case(number: usize, content: &str) -> v1::ReviewCase {
    let comment = v1::Comment {
        id: format!("c{number}"),
        article_id: "bai-1".into(),
        author_name: format!("Người {number}"),
        content: content.into(),
        status: v1::CommentStatus::Pending.into(),
        revision: 1,
        created_at: Some(prost_types::Timestamp { seconds: 1_777_622_400, nanos: 0 }),
        ..Default::default()
    };
    v1::ReviewCase {
        comment: Some(comment),
        article_title: "Cầu mới qua sông".into(),
        article_url: "https://bao.vn/cau-moi".into(),
        claim: Some(v1::Claim { moderator: "toi".into(), expires_at: None }),
        ..Default::default()
    }
}

pub(super) fn cases(numbers: impl IntoIterator<Item = usize>) -> Vec<v1::ReviewCase> {
    numbers.into_iter().map(|number| case(number, &format!("Nội dung {number}"))).collect()
}

pub(super) fn finding(rule: &str, content: &str, matched: &str) -> v1::Finding {
    let start = content.find(matched).unwrap();
    v1::Finding {
        rule: rule.into(),
        weight: 2.0,
        excerpt: matched.into(),
        start: start.try_into().unwrap(),
        end: (start + matched.len()).try_into().unwrap(),
        explanation: format!("Có “{matched}”."),
        field: "content".into(),
        ..v1::Finding::default()
    }
}

pub(super) fn options() -> ReviewOptions {
    ReviewOptions { lease: TimeDelta::minutes(5), ..Default::default() }
}

pub(super) fn state() -> State {
    let mut next = 0;
    let new_id = move || {
        next += 1;
        format!("r{next}")
    };
    State::new(options(), start(), new_id)
}

/// Returns a state whose comment has been seen, so that it accepts keys, and its time.
pub(super) fn busy(claimed: Vec<v1::ReviewCase>) -> (State, DateTime<Utc>) {
    let mut state = state();
    state.update(Event::Tick, start());
    state.update(Event::Counted(Ok(40)), start());
    state.update(Event::Claimed(Ok(ClaimResponse { cases: claimed, renewed: vec![] })), start());
    state.see(start());
    (state, start() + TimeDelta::seconds(1))
}

pub(super) fn key(code: KeyCode) -> TerminalEvent {
    TerminalEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// Presses the keys of `text` one by one, drawing a frame before each; `\n` is Enter and `\u{1b}` is Esc.
pub(super) fn press(state: &mut State, text: &str, now: DateTime<Utc>) -> Vec<Effect> {
    let mut effects = vec![];
    for c in text.chars() {
        effects.extend(burst(state, &c.to_string(), now));
        state.see(now - TimeDelta::seconds(1));
    }
    effects
}

/// Presses the keys of `text` without drawing a frame.
pub(super) fn burst(state: &mut State, text: &str, now: DateTime<Utc>) -> Vec<Effect> {
    let mut effects = vec![];
    for c in text.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        if let Some(intent) = keys::read(&state.mode, key(code)) {
            effects.extend(state.update(Event::Press(intent), now));
        }
    }
    effects
}

/// Draws a state and passes its scroll limits to the state.
pub(super) fn render(state: &mut State, width: u16, height: u16, palette: Palette) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut extent = Extent::default();
    let now = start() + TimeDelta::minutes(2);
    let scene = Scene { state, locale: Locale::Vi, palette, now };
    terminal.draw(|frame| extent = view::draw(frame, &scene)).unwrap();
    state.update(Event::Drawn(extent), start());
    terminal.backend().buffer().clone()
}

pub(super) fn decided(request: &v1::DecideRequest) -> OperationResult {
    let comment =
        v1::Comment { id: request.comment_id.clone(), revision: request.expected_revision + 1, ..Default::default() };
    OperationResult::Decided(Box::new(v1::DecideResponse {
        comment: Some(comment),
        decision_id: format!("d-{}", request.request_id),
        changed: true,
        decided_by: "toi".into(),
        decided_at: None,
    }))
}

pub(super) fn conflict() -> CallError {
    let prior = PriorDecision {
        status: "REJECTED".into(),
        revision: 2,
        decided_by: "lan".into(),
        decided_at: "2026-05-01T08:00:00Z".parse().ok(),
    };
    CallError::Failed(Failure { prior: Some(Box::new(prior)), ..Failure::new(Exit::Conflict, "lan") })
}

pub(super) fn away() -> CallError {
    CallError::Unavailable { message: "đứt dây.".into(), after: None, is_fault: false }
}

/// A fake service that performs operations late, or without a response.
#[derive(Default)]
struct FakeService {
    revisions: HashMap<String, i64>,
    /// The request id of the decision that applies to each comment now.
    in_force: HashMap<String, String>,
    next: usize,
    /// Requests already performed. A resend gets the same response.
    done: HashSet<String>,
}

impl FakeService {
    fn answer(&mut self, effect: Effect, luck: u8) -> Event {
        match effect {
            Effect::Claim(request) if luck.is_multiple_of(4) => Event::Claimed(Err(claim_error(&request))),
            Effect::Claim(request) => {
                let from = self.next;
                self.next += usize::try_from(request.limit).unwrap().min(usize::from(luck % 12));
                Event::Claimed(Ok(ClaimResponse { cases: cases(from..self.next), renewed: request.renew }))
            }
            Effect::Refresh(_) => Event::Refreshed(Err(away())),
            Effect::Count => Event::Counted(if luck.is_multiple_of(5) { Err(away()) } else { Ok(12_000) }),
            Effect::Release(_) => Event::Released,
            Effect::Send { id, .. } if luck.is_multiple_of(7) && !self.done.contains(&id) => {
                Event::Answered { id, answer: Err(conflict()) }
            }
            // The request or the response was lost.
            Effect::Send { id, .. } if luck.is_multiple_of(3) => Event::Answered { id, answer: Err(away()) },
            Effect::Send { id, operation } => {
                let answer = self.carry_out(operation, &id);
                Event::Answered { id, answer: if luck.is_multiple_of(5) { Err(away()) } else { Ok(answer) } }
            }
        }
    }

    /// Performs an operation. Fails if a comment is decided twice without a revert in between.
    fn carry_out(&mut self, operation: Operation, id: &str) -> OperationResult {
        let is_new = self.done.insert(id.to_owned());
        match operation {
            Operation::Decide(request) if !is_new => decided(&request),
            Operation::Decide(request) => {
                let revision = self.revisions.entry(request.comment_id.clone()).or_insert(1);
                assert_eq!(*revision, request.expected_revision, "a decision at a revision that was not displayed");
                *revision += 1;
                let before = self.in_force.insert(request.comment_id.clone(), request.request_id.clone());
                assert_eq!(before, None, "a comment was decided twice: {}", request.comment_id);
                decided(&request)
            }
            Operation::Revert { reverted_id, target, comment } => {
                assert!(target.is_some(), "a revert without a target");
                if comment.is_empty() {
                    return OperationResult::BanReverted(0);
                }
                assert_eq!(target, Some(RevertTarget::Decision(format!("d-{reverted_id}"))));
                let revision = self.revisions.get_mut(&comment).unwrap();
                if is_new {
                    assert_eq!(self.in_force.remove(&comment), Some(reverted_id));
                    *revision += 1;
                }
                let comment = v1::Comment { id: comment, revision: *revision, ..Default::default() };
                OperationResult::Reverted(Some(Box::new(comment)))
            }
            Operation::Ban(request) => {
                let ban = v1::Ban { id: format!("b-{}", request.request_id), ..Default::default() };
                OperationResult::Banned(Box::new(v1::CreateBanResponse { ban: Some(ban), ..Default::default() }))
            }
            Operation::Note(request) => {
                OperationResult::Noted(Box::new(v1::ModeratorNote { text: request.text, ..Default::default() }))
            }
        }
    }
}

fn claim_error(request: &v1::ClaimNextRequest) -> CallError {
    assert!((0..=50).contains(&request.limit) && request.renew.len() <= 50);
    away()
}

/// Generates keys, mostly those with a meaning.
fn any_key() -> impl Strategy<Value = KeyCode> {
    let letters = "aaarrssuuubbn jhlo?01234567899dptfwxyé日\u{301}";
    let letter = prop::sample::select(letters.chars().collect::<Vec<_>>()).prop_map(KeyCode::Char);
    let others = [
        KeyCode::Enter,
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Backspace,
        KeyCode::Left,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::PageDown,
        KeyCode::End,
        KeyCode::F(5),
    ];
    prop_oneof![6 => letter, 2 => prop::sample::select(others.to_vec())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_never_decide_a_comment_twice(
        steps in prop::collection::vec((any_key(), any::<u8>(), 0_i64..4_000), 1..120),
        width in 1_u16..130,
        height in 1_u16..45,
    ) {
        let (mut state, mut now) = (state(), start());
        let mut service = FakeService::default();
        let mut under_way = state.update(Event::Tick, now);
        for (code, luck, milliseconds) in steps {
            now += TimeDelta::milliseconds(milliseconds);
            // Responses arrive in any order.
            if luck.is_multiple_of(2) && !under_way.is_empty() {
                let effect = under_way.remove(usize::from(luck) % under_way.len());
                let event = service.answer(effect, luck / 2);
                under_way.extend(state.update(event, now));
            }
            if let Some(intent) = keys::read(&state.mode, key(code)) {
                under_way.extend(state.update(Event::Press(intent), now));
            }
            under_way.extend(state.update(Event::Tick, now));
            if luck.is_multiple_of(3) {
                render(&mut state, width, height, Palette::new(luck.is_multiple_of(2)));
            }
        }
    }

    #[test]
    fn an_unseen_comment_is_never_decided(
        steps in prop::collection::vec((any_key(), 0_i64..400, any::<bool>(), 0_u8..8), 1..150),
    ) {
        let (mut state, mut now) = busy(cases(0..9));
        // The time of the first frame with the comment on the screen.
        let mut drawn = Some((state.held.current_id().map(str::to_owned), start()));
        for (code, milliseconds, is_drawn, luck) in steps {
            now += TimeDelta::milliseconds(milliseconds);
            if luck == 0 {
                state.update(Event::Claimed(Ok(ClaimResponse { cases: cases(10..20), renewed: vec![] })), now);
            }
            let before = (state.held.current_id().map(str::to_owned), state.counts.decided());
            if let Some(intent) = keys::read(&state.mode, key(code)) {
                state.update(Event::Press(intent), now);
            }
            if state.counts.decided() > before.1 {
                let seen = drawn.as_ref().filter(|(id, _)| *id == before.0).map(|(_, since)| now - *since);
                prop_assert!(seen >= Some(TimeDelta::milliseconds(200)), "{:?} after {seen:?}", before.0);
            }
            let current = state.held.current_id().map(str::to_owned);
            if current != before.0 {
                drawn = None;
            }
            if is_drawn && !matches!(state.mode, InputMode::Pane(_)) {
                drawn.get_or_insert((current, now));
                let extent = Extent { page: 10, most: 0, shows_comment: true };
                state.update(Event::Drawn(extent), now);
            }
        }
    }
}

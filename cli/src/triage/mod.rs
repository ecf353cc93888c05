//! `duyet triage`: the full-screen review by keys. The state machine in `state` decides, `view` draws, `keys` reads the keyboard and
//! `link` talks to the service; here they are tied together, and the clock is read.

mod args;
mod event;
mod hand;
mod keys;
mod link;
mod message;
mod modes;
mod outbox;
mod screen;
mod state;
mod tally;
mod view;

use std::{future::poll_fn, io, task::Poll, time::Duration};

use chrono::TimeDelta;
use crossterm::event::{Event as Input, EventStream, KeyCode, KeyModifiers};
use futures_util::StreamExt as _;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::{self, UnboundedReceiver},
    time::MissedTickBehavior,
};
use uuid::Uuid;

use self::{
    event::Event,
    link::Link,
    screen::Screen,
    state::{Orders, State},
    view::{Palette, Scene},
};
use super::{
    desk::Desk,
    lookup, now,
    outcome::{Failure, Outcome},
};
pub(super) use args::TriageArgs;
use duyet_proto::v1;

/// How often time passes for the state.
const TICK: Duration = Duration::from_millis(250);
/// How many ticks go by before the picture is drawn again for the clock's sake.
const TICKS_PER_PICTURE: u32 = 8;

/// Runs `triage`.
pub(super) async fn run(desk: &Desk<'_>, args: TriageArgs) -> Result<Outcome, Failure> {
    if !screen::is_there() {
        return Err(Failure::new(Outcome::Usage, desk.locale.text("triage-no-terminal")));
    }
    let mut connection = desk.connect().await?;
    let orders = orders(args);
    lookup::check(desk, &mut connection, &orders.filter).await?;
    let (events, inbox) = mpsc::unbounded_channel();
    let link = Link::new(connection, orders.filter.clone(), desk.locale, events);
    let state = State::new(orders, now(), || Uuid::new_v4().to_string());
    let broken = |error: io::Error| Failure::new(Outcome::Failed, error.to_string());
    let screen = Screen::open().map_err(broken)?;
    let signals = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()].map(signal);
    let signals = signals.into_iter().collect::<io::Result<Vec<_>>>().map_err(broken)?;
    link.follow();
    let keyboard = EventStream::new();
    let mut session = Session { desk, link, state, screen, keyboard, inbox, signals, is_blind: false };
    session.work().await;
    let Session { state, screen, keyboard, .. } = session;
    drop(keyboard);
    drop(screen);
    tell(desk, &state)
}

fn orders(args: TriageArgs) -> Orders {
    let filter = v1::QueueFilter {
        article_id: args.article.unwrap_or_default(),
        query: args.query.unwrap_or_default(),
        rule: args.rule.unwrap_or_default().to_ascii_uppercase().replace('-', "_"),
        author: args.author.unwrap_or_default(),
        min_score: args.min_score,
        max_score: args.max_score,
        reported: args.reported,
        ..Default::default()
    };
    Orders { filter, order: args.order.into(), lease: TimeDelta::minutes(args.lease) }
}

/// What the session came to, once the terminal is as it was.
fn tell(desk: &Desk<'_>, state: &State) -> Result<Outcome, Failure> {
    let unsent = state.outbox.len();
    if let Some(failure) = &state.ended {
        if state.tally.decided() + unsent == 0 {
            return Err(failure.clone());
        }
        desk.output.report(failure);
    }
    if unsent > 0 {
        desk.output.complain(&desk.locale.text_with("triage-unsent", &[("count", unsent.into())]));
    }
    let summary = state.tally.summary(unsent, now());
    if desk.output.json {
        desk.output.json(&summary)?;
    } else {
        desk.output.data(&summary.say(desk.locale))?;
    }
    Ok(state.outcome())
}

struct Session<'a> {
    desk: &'a Desk<'a>,
    link: Link,
    state: State,
    screen: Screen,
    keyboard: EventStream,
    inbox: UnboundedReceiver<Event>,
    signals: Vec<Signal>,
    /// The terminal is gone: nothing is read from it or drawn.
    is_blind: bool,
}

impl Session<'_> {
    async fn work(&mut self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut quiet_ticks = 0;
        while !self.state.is_over() {
            let [terminate, hangup, interrupt] = self.signals.as_mut_slice() else { return };
            tokio::select! {
                input = self.keyboard.next(), if !self.is_blind => self.read(input),
                Some(event) = self.inbox.recv() => { self.step(event); }
                _ = terminate.recv() => { self.step(Event::Hangup); }
                _ = hangup.recv() => { self.step(Event::Hangup); }
                _ = interrupt.recv() => { self.step(Event::Hangup); }
                _ = ticks.tick() => {
                    let is_moved = self.step(Event::Tick);
                    quiet_ticks += 1;
                    if !is_moved && quiet_ticks % TICKS_PER_PICTURE != 0 {
                        continue;
                    }
                }
            }
            self.draw().await;
        }
    }

    fn read(&mut self, input: Option<io::Result<Input>>) {
        match input {
            Some(Ok(Input::Key(key))) if is_redraw(key.code, key.modifiers) => {
                self.is_blind = self.screen.clear().is_err();
            }
            Some(Ok(input)) => {
                if let Some(intent) = keys::read(&self.state.mode, input) {
                    self.step(Event::Press(intent));
                }
            }
            Some(Err(_)) | None => {
                self.is_blind = true;
                self.step(Event::Hangup);
            }
        }
    }

    /// Feeds the state. Effects only begin here: the picture is drawn before any of them gets on.
    fn step(&mut self, event: Event) -> bool {
        let effects = self.state.update(event, now());
        let is_moved = !effects.is_empty();
        for effect in effects {
            self.link.perform(effect);
        }
        is_moved
    }

    /// Draws the state. A key that was pressed before the picture was there is read before the state is told of the picture, so that
    /// it never acts on a comment that could not be seen.
    async fn draw(&mut self) {
        while !self.is_blind {
            let Some(extent) = self.paint() else {
                self.is_blind = true;
                self.step(Event::Hangup);
                return;
            };
            let Some(input) = self.waiting_key().await else {
                self.step(Event::Drawn(extent));
                return;
            };
            self.read(input);
        }
    }

    /// What the terminal has sent and nobody has read. Does not wait for more.
    async fn waiting_key(&mut self) -> Option<Option<io::Result<Input>>> {
        poll_fn(|context| match self.keyboard.poll_next_unpin(context) {
            Poll::Ready(input) => Poll::Ready(Some(input)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    fn paint(&mut self) -> Option<event::Extent> {
        let mut extent = event::Extent::default();
        let palette = Palette::new(self.desk.output.is_coloured());
        let scene = Scene { state: &self.state, locale: self.desk.locale, palette, now: now() };
        self.screen.draw(|frame| extent = view::draw(frame, &scene)).ok()?;
        Some(extent)
    }
}

fn is_redraw(code: KeyCode, modifiers: KeyModifiers) -> bool {
    modifiers.contains(KeyModifiers::CONTROL) && matches!(code, KeyCode::Char('l' | 'L'))
}

#[cfg(test)]
mod tests;

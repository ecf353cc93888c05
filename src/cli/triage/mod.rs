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

use std::{io, time::Duration};

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
    now,
    outcome::{Failure, Outcome},
};
use crate::proto::v1;
pub(super) use args::TriageArgs;

/// How often time passes for the state.
const TICK: Duration = Duration::from_millis(250);
/// How many ticks go by before the picture is drawn again for the clock's sake.
const TICKS_PER_PICTURE: u32 = 8;

/// Runs `triage`.
pub(super) async fn run(desk: &Desk<'_>, args: TriageArgs) -> Result<Outcome, Failure> {
    if !screen::is_there() {
        return Err(Failure::new(Outcome::Usage, desk.locale.text("triage-no-terminal")));
    }
    let connection = desk.connect().await?;
    let orders = orders(args);
    let (events, inbox) = mpsc::unbounded_channel();
    let link = Link::new(connection, orders.filter.clone(), desk.locale, events);
    let state = State::new(orders, now(), || Uuid::new_v4().to_string());
    let broken = |error: io::Error| Failure::new(Outcome::Failed, error.to_string());
    let screen = Screen::open().map_err(broken)?;
    let signals = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()].map(signal);
    let signals = signals.into_iter().collect::<io::Result<Vec<_>>>().map_err(broken)?;
    let mut session = Session { desk, link, state, screen, inbox, signals, is_blind: false };
    session.work().await;
    let Session { state, screen, .. } = session;
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
        desk.output.complain(&failure.message);
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
    inbox: UnboundedReceiver<Event>,
    signals: Vec<Signal>,
    /// The terminal is gone: nothing is read from it or drawn.
    is_blind: bool,
}

impl Session<'_> {
    async fn work(&mut self) {
        let mut keyboard = EventStream::new();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut quiet_ticks = 0;
        while !self.state.is_over() {
            let [terminate, hangup, interrupt] = self.signals.as_mut_slice() else { return };
            tokio::select! {
                input = keyboard.next(), if !self.is_blind => self.read(input),
                Some(event) = self.inbox.recv() => self.take(event),
                _ = terminate.recv() => self.take(Event::Hangup),
                _ = hangup.recv() => self.take(Event::Hangup),
                _ = interrupt.recv() => self.take(Event::Hangup),
                _ = ticks.tick() => {
                    let is_moved = self.step(Event::Tick);
                    quiet_ticks += 1;
                    if !is_moved && quiet_ticks % TICKS_PER_PICTURE != 0 {
                        continue;
                    }
                    self.draw();
                }
            }
        }
    }

    fn read(&mut self, input: Option<io::Result<Input>>) {
        match input {
            Some(Ok(Input::Key(key))) if is_redraw(key.code, key.modifiers) => {
                self.is_blind = self.screen.clear().is_err();
                self.draw();
            }
            Some(Ok(Input::Resize(..))) => self.draw(),
            Some(Ok(input)) => {
                if let Some(intent) = keys::read(&self.state.mode, input) {
                    self.take(Event::Press(intent));
                }
            }
            Some(Err(_)) | None => {
                self.is_blind = true;
                self.take(Event::Hangup);
            }
        }
    }

    fn take(&mut self, event: Event) {
        self.step(event);
        self.draw();
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

    fn draw(&mut self) {
        if self.is_blind {
            return;
        }
        let mut extent = event::Extent::default();
        let palette = Palette::new(self.desk.output.is_coloured());
        let scene = Scene { state: &self.state, locale: self.desk.locale, palette, now: now() };
        let drawn = self.screen.draw(|frame| extent = view::draw(frame, &scene));
        if drawn.is_err() {
            self.is_blind = true;
            self.step(Event::Hangup);
        } else {
            self.step(Event::Drawn(extent));
        }
    }
}

fn is_redraw(code: KeyCode, modifiers: KeyModifiers) -> bool {
    modifiers.contains(KeyModifiers::CONTROL) && matches!(code, KeyCode::Char('l' | 'L'))
}

#[cfg(test)]
mod tests;

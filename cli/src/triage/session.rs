//! One session at the terminal. It reads keys, events and the clock, updates the state machine and draws each new
//! state.

use std::{future::poll_fn, io, task::Poll, time::Duration};

use chrono::TimeDelta;
use crossterm::event::{Event as TerminalEvent, EventStream, KeyCode, KeyModifiers};
use futures_util::StreamExt as _;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::{self, UnboundedReceiver},
    time::MissedTickBehavior,
};
use uuid::Uuid;

use super::{
    super::{
        args::TriageArgs,
        context::Context,
        exit::{Exit, Failure},
        lookup, now,
    },
    event::{Event, Extent},
    keys,
    runner::EffectRunner,
    screen::{self, FullScreen},
    state::{ReviewOptions, State},
    view::{self, Palette, Scene},
};
use duyet_proto::v1;

/// Interval of `Tick` events.
const TICK: Duration = Duration::from_millis(250);
/// Number of ticks after which the frame is redrawn, because it shows times.
const TICKS_PER_FRAME: u32 = 8;

pub(crate) async fn run(context: &Context<'_>, args: TriageArgs) -> Result<Exit, Failure> {
    if !screen::is_there() {
        return Err(Failure::new(Exit::Usage, context.locale.text("triage-no-terminal")));
    }
    let mut connection = context.connect().await?;
    let options = options(args);
    lookup::check(context, &mut connection, &options.filter).await?;
    let (events, inbox) = mpsc::unbounded_channel();
    let runner = EffectRunner::new(connection, options.filter.clone(), context.locale, events);
    let state = State::new(options, now(), || Uuid::new_v4().to_string());
    let broken = |error: io::Error| Failure::new(Exit::Failed, error.to_string());
    let screen = FullScreen::open().map_err(broken)?;
    let signals = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()].map(signal);
    let signals = signals.into_iter().collect::<io::Result<Vec<_>>>().map_err(broken)?;
    runner.follow();
    let keyboard = EventStream::new();
    let mut session = TriageSession { context, runner, state, screen, keyboard, inbox, signals, is_blind: false };
    session.work().await;
    let TriageSession { state, screen, keyboard, .. } = session;
    drop(keyboard);
    drop(screen);
    print_summary(context, &state)
}

fn options(args: TriageArgs) -> ReviewOptions {
    let filter = v1::QueueFilter {
        article_id: args.article.unwrap_or_default(),
        query: args.query.unwrap_or_default(),
        ignore_marks: args.ignore_marks,
        rule: args.rule.unwrap_or_default(),
        author: args.author.unwrap_or_default(),
        min_score: args.min_score,
        max_score: args.max_score,
        reported: args.reported,
        ..Default::default()
    };
    ReviewOptions { filter, order: args.order.into(), lease: TimeDelta::minutes(args.lease) }
}

/// Prints the result of the session after the terminal was restored.
fn print_summary(context: &Context<'_>, state: &State) -> Result<Exit, Failure> {
    let unsent = state.outbox.len();
    if let Some(failure) = &state.ended {
        if state.counts.decided() + unsent == 0 {
            return Err(failure.clone());
        }
        context.output.report(failure);
    }
    if unsent > 0 {
        context.output.complain(&context.locale.text_with("triage-unsent", &[("count", unsent.into())]));
    }
    let summary = state.counts.summary(unsent, now());
    if context.output.json {
        context.output.json(&summary)?;
    } else {
        context.output.data(&summary.say(context.locale))?;
    }
    Ok(state.exit())
}

struct TriageSession<'a> {
    context: &'a Context<'a>,
    runner: EffectRunner,
    state: State,
    screen: FullScreen,
    keyboard: EventStream,
    inbox: UnboundedReceiver<Event>,
    signals: Vec<Signal>,
    /// True if the terminal was closed: no input is read and no frame is drawn.
    is_blind: bool,
}

impl TriageSession<'_> {
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
                    if !is_moved && quiet_ticks % TICKS_PER_FRAME != 0 {
                        continue;
                    }
                }
            }
            self.draw().await;
        }
    }

    fn read(&mut self, input: Option<io::Result<TerminalEvent>>) {
        match input {
            Some(Ok(TerminalEvent::Key(key))) if is_redraw(key.code, key.modifiers) => {
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

    /// Updates the state and starts the resulting effects. They run in the background, so the frame is drawn first.
    fn step(&mut self, event: Event) -> bool {
        let effects = self.state.update(event, now());
        let is_moved = !effects.is_empty();
        for effect in effects {
            self.runner.perform(effect);
        }
        is_moved
    }

    /// Draws the state. Keys pressed before the frame was drawn are processed before the state records the frame, so
    /// that they never act on a comment that was not displayed.
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

    /// Returns an unread event of the terminal without waiting.
    async fn waiting_key(&mut self) -> Option<Option<io::Result<TerminalEvent>>> {
        poll_fn(|context| match self.keyboard.poll_next_unpin(context) {
            Poll::Ready(input) => Poll::Ready(Some(input)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    fn paint(&mut self) -> Option<Extent> {
        let mut extent = Extent::default();
        let palette = Palette::new(self.context.output.is_coloured());
        let scene = Scene { state: &self.state, locale: self.context.locale, palette, now: now() };
        self.screen.draw(|frame| extent = view::draw(frame, &scene)).ok()?;
        Some(extent)
    }
}

fn is_redraw(code: KeyCode, modifiers: KeyModifiers) -> bool {
    modifiers.contains(KeyModifiers::CONTROL) && matches!(code, KeyCode::Char('l' | 'L'))
}

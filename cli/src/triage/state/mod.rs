//! The review as a state machine: events go in, effects come out. It does no I/O and reads no clock. A verdict brings the next comment at
//! once; what the service thinks of it comes later, as an event.

mod answers;
mod claims;
mod desk;
mod leave;
mod looks;
mod sight;
mod undo;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::outcome::{Failure, Outcome},
    event::{Effect, Event, Extent, Trouble},
    hand::Hand,
    message::Message,
    modes::{Mode, Pane},
    outbox::Outbox,
    tally::Tally,
};
use claims::Claims;
use duyet_proto::v1;
use leave::Phase;
use looks::Looks;
use sight::Sight;
use undo::Past;

/// Lines of the log that are kept.
const LONGEST_LOG: usize = 500;

/// Which comments to work on, and how long to hold them.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Orders {
    pub(in super::super) filter: v1::QueueFilter,
    pub(in super::super) order: v1::QueueOrder,
    pub(in super::super) lease: TimeDelta,
}

/// A session of review.
pub(super) struct State {
    pub(super) hand: Hand,
    pub(super) outbox: Outbox,
    pub(super) tally: Tally,
    pub(super) mode: Mode,
    pub(super) message: Option<Message>,
    pub(super) log: Vec<(DateTime<Utc>, Message)>,
    /// How many wait, as far as known.
    pub(super) waiting: Option<i64>,
    /// Since when nobody answers.
    pub(super) away_since: Option<DateTime<Utc>>,
    /// Why nothing more will come of this session.
    pub(super) ended: Option<Failure>,
    pub(super) shows_address: bool,
    scroll: usize,
    pane_scroll: usize,
    extent: Extent,
    /// What can be taken back, newest last.
    past: Vec<Past>,
    claims: Claims,
    phase: Phase,
    /// Our own name, as claims tell it.
    me: String,
    sight: Sight,
    looks: Looks,
    orders: Orders,
    mint: Box<dyn FnMut() -> String>,
}

impl State {
    /// A session that holds nothing yet. `mint` makes request ids.
    pub(super) fn new(orders: Orders, now: DateTime<Utc>, mint: impl FnMut() -> String + 'static) -> Self {
        Self {
            hand: Hand::default(),
            outbox: Outbox::default(),
            tally: Tally::new(now),
            mode: Mode::Review,
            message: None,
            log: vec![],
            waiting: None,
            away_since: None,
            ended: None,
            shows_address: false,
            scroll: 0,
            pane_scroll: 0,
            extent: Extent::default(),
            past: vec![],
            claims: Claims::new(now),
            phase: Phase::Working,
            me: String::new(),
            sight: Sight::none(false),
            looks: Looks::default(),
            orders,
            mint: Box::new(mint),
        }
    }

    /// Takes an event and answers what is to be done about it.
    pub(super) fn update(&mut self, event: Event, now: DateTime<Utc>) -> Vec<Effect> {
        let before = self.hand.current_id().map(str::to_owned);
        let by_hand = matches!(event, Event::Press(_));
        match event {
            Event::Press(intent) => self.press(intent, now),
            Event::Claimed(answer) => self.claimed(answer, now),
            Event::Counted(answer) => self.counted(answer, now),
            Event::Answered { id, answer } => self.answered(&id, answer, now),
            Event::Released => self.released(),
            Event::Changed { id, revision, waits } => self.changed(&id, revision, waits),
            Event::Looked(answer) => self.looked(answer, now),
            Event::Drawn(extent) => self.drawn(extent, now),
            Event::Tick => {}
            Event::Hangup => self.hang_up(now),
        }
        self.hand.expire(now);
        let effects = self.due(now);
        if self.hand.current_id() != before.as_deref() {
            self.turn(by_hand);
        }
        effects
    }

    /// True when the program is to end.
    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// How the session ended, as an exit code.
    pub(super) fn outcome(&self) -> Outcome {
        match &self.ended {
            Some(failure) => failure.outcome,
            None if self.outbox.is_empty() => Outcome::Done,
            None => Outcome::Unavailable,
        }
    }

    /// The scroll of what is on the screen.
    pub(super) fn scroll(&self) -> usize {
        if matches!(self.mode, Mode::Pane(_)) { self.pane_scroll } else { self.scroll }
    }

    /// True while comments are on their way.
    pub(super) fn is_claiming(&self) -> bool {
        self.claims.is_under_way()
    }

    /// True while the program is on its way out.
    pub(super) fn is_leaving(&self) -> bool {
        self.phase != Phase::Working
    }

    /// What is to be sent now.
    fn due(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let mut effects = vec![];
        if self.phase == Phase::Over || self.ended.is_some() {
            return effects;
        }
        effects.extend(self.leave(now));
        if self.may_send() {
            effects.extend(self.outbox.start(now).map(|(id, deed)| Effect::Send { id, deed }));
        }
        if self.phase == Phase::Working {
            effects.extend(self.claim(now));
            effects.extend(self.count(now));
            effects.extend(self.look(now));
        }
        effects
    }

    /// Another comment is on the screen.
    fn turn(&mut self, by_hand: bool) {
        self.scroll = 0;
        self.sight = Sight::none(by_hand);
        if by_hand {
            return;
        }
        let is_about_it = matches!(self.mode, Mode::Reasons(_) | Mode::Input(..) | Mode::Ban(_));
        if is_about_it {
            self.mode = Mode::Review;
        }
    }

    fn drawn(&mut self, extent: Extent, now: DateTime<Utc>) {
        self.extent = extent;
        let scroll = self.scroll().min(extent.most);
        *self.scroll_mut() = scroll;
        self.sight.drawn(extent, scroll, now);
    }

    /// The comment is on the screen since `since`, as far as the last picture showed it.
    #[cfg(test)]
    pub(super) fn see(&mut self, since: DateTime<Utc>) {
        self.drawn(Extent { shows_comment: true, ..self.extent }, since);
    }

    fn scroll_mut(&mut self) -> &mut usize {
        if matches!(self.mode, Mode::Pane(_)) { &mut self.pane_scroll } else { &mut self.scroll }
    }

    /// Says something in the message line.
    fn say(&mut self, message: Message) {
        self.message = Some(message);
    }

    /// Says something that is also to be found in the log.
    fn report(&mut self, message: Message, now: DateTime<Utc>) {
        self.log.push((now, message.clone()));
        let extra = self.log.len().saturating_sub(LONGEST_LOG);
        self.log.drain(..extra);
        self.message = Some(message);
    }

    fn open(&mut self, pane: Pane) {
        self.pane_scroll = 0;
        self.mode = Mode::Pane(pane);
    }

    /// Somebody answers.
    fn is_back(&mut self, now: DateTime<Utc>) {
        if self.away_since.take().is_some() {
            self.report(Message::calm("triage-back").count("count", self.outbox.len()), now);
            self.outbox.hurry(now);
            self.claims.hurry(now);
        }
    }

    /// Nobody answers. Told once, until somebody does.
    fn is_away(&mut self, why: &str, now: DateTime<Utc>) {
        if self.away_since.is_none() {
            self.away_since = Some(now);
            self.report(Message::alert("triage-away").text("why", why), now);
        }
    }

    /// Nothing more will come of this session. Before the first comment there is nothing to look at.
    fn end(&mut self, failure: Failure) {
        let saw_nothing = self.hand.current_id().is_none() && self.tally.decided() == 0;
        if saw_nothing || self.phase != Phase::Working {
            self.phase = Phase::Over;
        }
        self.mode = Mode::Review;
        self.ended = Some(failure);
    }
}

/// What a failed call was about: `None` when it is already dealt with.
fn refusal(state: &mut State, trouble: Trouble, now: DateTime<Utc>) -> Option<Failure> {
    match trouble {
        Trouble::Away { message, .. } => {
            state.is_away(&message, now);
            None
        }
        Trouble::Denied(failure) => {
            state.end(failure);
            None
        }
        Trouble::Refused(failure) => Some(failure),
    }
}

#[cfg(test)]
mod tests;

//! The review as a state machine, which takes events and returns effects. It performs no I/O and reads no clock. A
//! decision shows the next comment immediately; the service's response arrives later as an event.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{
        super::exit::{Exit, Failure},
        counts::SessionCounts,
        event::{CallError, Effect, Event, Extent},
        held::HeldComments,
        input_mode::{InputMode, Pane},
        message::Message,
        outbox::Outbox,
    },
    claim_schedule::ClaimSchedule,
    phase::Phase,
    refresh_queue::RefreshQueue,
    revertible::Revertible,
    visibility::Visibility,
};
use duyet_proto::v1;

/// Largest number of entries in the log of the session.
const LONGEST_LOG: usize = 500;

/// Which comments to review, and the length of claims.
#[derive(Debug, Clone, Default)]
pub(in crate::triage) struct ReviewOptions {
    pub(in crate::triage) filter: v1::QueueFilter,
    pub(in crate::triage) order: v1::QueueOrder,
    pub(in crate::triage) lease: TimeDelta,
}

/// The state of a review session.
pub(in crate::triage) struct State {
    pub(in crate::triage) held: HeldComments,
    pub(in crate::triage) outbox: Outbox,
    pub(in crate::triage) counts: SessionCounts,
    pub(in crate::triage) mode: InputMode,
    pub(in crate::triage) message: Option<Message>,
    pub(in crate::triage) log: Vec<(DateTime<Utc>, Message)>,
    /// Number of comments in the queue, if known.
    pub(in crate::triage) waiting: Option<i64>,
    /// Start of an outage of the service.
    pub(in crate::triage) away_since: Option<DateTime<Utc>>,
    /// The failure that ended the session.
    pub(in crate::triage) ended: Option<Failure>,
    pub(in crate::triage) shows_address: bool,
    pub(super) scroll: usize,
    pub(super) pane_scroll: usize,
    pub(super) extent: Extent,
    /// Operations that can be reverted, newest last.
    pub(super) revertible: Vec<Revertible>,
    pub(super) claims: ClaimSchedule,
    pub(super) phase: Phase,
    /// The moderator's name, taken from the claims.
    pub(super) me: String,
    pub(super) visibility: Visibility,
    pub(super) refreshes: RefreshQueue,
    pub(super) options: ReviewOptions,
    pub(super) new_id: Box<dyn FnMut() -> String>,
}

impl State {
    /// `new_id` generates request ids.
    pub(in crate::triage) fn new(
        options: ReviewOptions,
        now: DateTime<Utc>,
        new_id: impl FnMut() -> String + 'static,
    ) -> Self {
        Self {
            held: HeldComments::default(),
            outbox: Outbox::default(),
            counts: SessionCounts::new(now),
            mode: InputMode::Review,
            message: None,
            log: vec![],
            waiting: None,
            away_since: None,
            ended: None,
            shows_address: false,
            scroll: 0,
            pane_scroll: 0,
            extent: Extent::default(),
            revertible: vec![],
            claims: ClaimSchedule::new(now),
            phase: Phase::Working,
            me: String::new(),
            visibility: Visibility::none(false),
            refreshes: RefreshQueue::default(),
            options,
            new_id: Box::new(new_id),
        }
    }

    pub(in crate::triage) fn update(&mut self, event: Event, now: DateTime<Utc>) -> Vec<Effect> {
        let before = self.held.current_id().map(str::to_owned);
        let by_hand = matches!(event, Event::Press(_));
        match event {
            Event::Press(intent) => self.press(intent, now),
            Event::Claimed(answer) => self.claimed(answer, now),
            Event::Counted(answer) => self.counted(answer, now),
            Event::Answered { id, answer } => self.answered(&id, answer, now),
            Event::Released => self.released(),
            Event::Changed { id, revision, waits } => self.changed(&id, revision, waits),
            Event::Refreshed(answer) => self.refreshed(answer, now),
            Event::Drawn(extent) => self.drawn(extent, now),
            Event::Tick => {}
            Event::Hangup => self.hang_up(now),
        }
        self.held.expire(now);
        let effects = self.due(now);
        if self.held.current_id() != before.as_deref() {
            self.turn(by_hand);
        }
        effects
    }

    pub(in crate::triage) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    pub(in crate::triage) fn exit(&self) -> Exit {
        match &self.ended {
            Some(failure) => failure.exit,
            None if self.outbox.is_empty() => Exit::Done,
            None => Exit::Unavailable,
        }
    }

    pub(in crate::triage) fn scroll(&self) -> usize {
        if matches!(self.mode, InputMode::Pane(_)) { self.pane_scroll } else { self.scroll }
    }

    pub(in crate::triage) fn is_claiming(&self) -> bool {
        self.claims.is_in_flight()
    }

    pub(in crate::triage) fn is_leaving(&self) -> bool {
        self.phase != Phase::Working
    }

    fn due(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let mut effects = vec![];
        if self.phase == Phase::Over || self.ended.is_some() {
            return effects;
        }
        effects.extend(self.leave(now));
        if self.may_send() {
            effects.extend(self.outbox.start(now).map(|(id, operation)| Effect::Send { id, operation }));
        }
        if self.phase == Phase::Working {
            effects.extend(self.claim(now));
            effects.extend(self.count(now));
            effects.extend(self.refresh(now));
        }
        effects
    }

    /// Resets the scroll position and the visibility for a new comment on the screen. If the comment appeared without a
    /// key press (`by_hand` is false), closes the form for the previous comment, too.
    pub(super) fn turn(&mut self, by_hand: bool) {
        self.scroll = 0;
        self.visibility = Visibility::none(by_hand);
        if by_hand {
            return;
        }
        let is_about_it = matches!(self.mode, InputMode::Reasons(_) | InputMode::Text(..) | InputMode::Ban(_));
        if is_about_it {
            self.mode = InputMode::Review;
        }
    }

    pub(super) fn drawn(&mut self, extent: Extent, now: DateTime<Utc>) {
        self.extent = extent;
        let scroll = self.scroll().min(extent.most);
        *self.scroll_mut() = scroll;
        self.visibility.drawn(extent, scroll, now);
    }

    /// Records that the comment has been on the screen since `since`.
    #[cfg(test)]
    pub(in crate::triage) fn see(&mut self, since: DateTime<Utc>) {
        self.drawn(Extent { shows_comment: true, ..self.extent }, since);
    }

    pub(super) fn scroll_mut(&mut self) -> &mut usize {
        if matches!(self.mode, InputMode::Pane(_)) { &mut self.pane_scroll } else { &mut self.scroll }
    }

    pub(super) fn say(&mut self, message: Message) {
        self.message = Some(message);
    }

    /// Shows a message and adds it to the log of the session.
    pub(super) fn report(&mut self, message: Message, now: DateTime<Utc>) {
        self.log.push((now, message.clone()));
        let extra = self.log.len().saturating_sub(LONGEST_LOG);
        self.log.drain(..extra);
        self.message = Some(message);
    }

    pub(super) fn open(&mut self, pane: Pane) {
        self.pane_scroll = 0;
        self.mode = InputMode::Pane(pane);
    }

    /// Ends an outage after a response, and resends immediately.
    pub(super) fn is_back(&mut self, now: DateTime<Utc>) {
        if self.away_since.take().is_some() {
            self.report(Message::calm("triage-back").count("count", self.outbox.len()), now);
            self.outbox.hurry(now);
            self.claims.hurry(now);
        }
    }

    /// Begins an outage. Reports it once.
    pub(super) fn is_away(&mut self, why: &str, now: DateTime<Utc>) {
        if self.away_since.is_none() {
            self.away_since = Some(now);
            self.report(Message::alert("triage-away").text("why", why), now);
        }
    }

    /// Ends the session with a failure. The program ends, too, if it was leaving already, or if the moderator has made
    /// no decision and no comment is on the screen.
    pub(super) fn end(&mut self, failure: Failure) {
        let saw_nothing = self.held.current_id().is_none() && self.counts.decided() == 0;
        if saw_nothing || self.phase != Phase::Working {
            self.phase = Phase::Over;
        }
        self.mode = InputMode::Review;
        self.ended = Some(failure);
    }
}

/// Handles an outage or a denial. Returns any other failure to the caller.
pub(super) fn unhandled(state: &mut State, error: CallError, now: DateTime<Utc>) -> Option<Failure> {
    match error {
        CallError::Unavailable { message, .. } => {
            state.is_away(&message, now);
            None
        }
        CallError::Denied(failure) => {
            state.end(failure);
            None
        }
        CallError::Failed(failure) => Some(failure),
    }
}

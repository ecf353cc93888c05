//! What the moderator's keys do.

use chrono::{DateTime, Utc};

use super::{
    super::{
        event::{FormKey, Intent, Scroll},
        hand::Held,
        message::{self, Message},
        modes::{BanForm, Input, Mode, Pane, Purpose},
        outbox::Deed,
    },
    State,
    sight::Unseen,
    undo::{Past, What},
};
use duyet_proto::v1;

impl State {
    pub(super) fn press(&mut self, intent: Intent, now: DateTime<Utc>) {
        if self.is_leaving() || self.ended.is_some() {
            if matches!(intent, Intent::Quit | Intent::Confirm | Intent::Cancel) {
                self.give_up();
            }
            return;
        }
        match intent {
            Intent::Quit => self.quit(now),
            Intent::Cancel => self.cancel(),
            Intent::Scroll(scroll) => self.move_text(scroll),
            Intent::Unknown => self.say(Message::alert("triage-unknown-key")),
            Intent::Composed => self.say(Message::alert("triage-input-method")),
            Intent::Pasted => self.say(Message::alert("triage-pasted")),
            intent => match std::mem::replace(&mut self.mode, Mode::Review) {
                Mode::Review => self.review(&intent, now),
                Mode::Reasons(purpose) => self.choose(purpose, &intent, now),
                Mode::Input(purpose, input) => self.write(purpose, input, intent, now),
                Mode::Ban(form) => self.fill_in(form, &intent, now),
                Mode::Pane(pane) => self.read(pane, &intent),
                Mode::Quit => {
                    self.mode = Mode::Quit;
                    if intent == Intent::Confirm {
                        self.quit(now);
                    }
                }
            },
        }
    }

    fn review(&mut self, intent: &Intent, now: DateTime<Utc>) {
        match intent {
            Intent::Undo => return self.undo(now),
            Intent::Log => return self.open(Pane::Log),
            Intent::Help => return self.open(Pane::Help),
            _ if self.hand.current().is_none() => return self.say(Message::alert("triage-no-comment")),
            Intent::History => return self.open(Pane::History),
            Intent::Address => {
                self.shows_address = !self.shows_address;
                return;
            }
            _ => {}
        }
        let decides = !matches!(intent, Intent::Note | Intent::Skip);
        if let Err(unseen) = self.sight.allows(decides, now) {
            return self.say(Message::alert(match unseen {
                Unseen::Whole => "triage-just-changed",
                Unseen::End => "triage-end-unseen",
            }));
        }
        self.message = None;
        match intent {
            Intent::Approve => self.decide(v1::Action::Approve, v1::Reason::Unspecified, "", now),
            Intent::Spam => self.decide(v1::Action::Spam, v1::Reason::Unspecified, "", now),
            Intent::Reject => self.mode = Mode::Reasons(Purpose::Reject),
            Intent::Note => self.mode = Mode::Input(Purpose::Note, Input::default()),
            Intent::Ban => self.mode = Mode::Ban(BanForm::default()),
            Intent::Skip => {
                self.tally.skipped += 1;
                let key = if self.hand.skip() { "triage-skipped" } else { "triage-nothing-else" };
                self.say(Message::calm(key));
            }
            _ => {}
        }
    }

    fn choose(&mut self, purpose: Purpose, intent: &Intent, now: DateTime<Utc>) {
        let &Intent::Reason(reason) = intent else {
            self.mode = Mode::Reasons(purpose);
            return;
        };
        match purpose {
            Purpose::Ban(form) => {
                let form = BanForm { reason, ..form };
                self.mode = if reason == v1::Reason::Other {
                    Mode::Input(Purpose::Ban(form), Input::default())
                } else {
                    Mode::Ban(form)
                };
            }
            purpose if reason == v1::Reason::Other => self.mode = Mode::Input(purpose, Input::default()),
            _ => self.decide(v1::Action::Reject, reason, "", now),
        }
    }

    fn write(&mut self, purpose: Purpose, mut input: Input, intent: Intent, now: DateTime<Utc>) {
        match intent {
            Intent::Edit(edit) => input.edit(edit),
            Intent::Confirm if input.text().is_empty() => self.say(Message::alert("triage-note-empty")),
            Intent::Confirm => return self.written(purpose, input.text(), now),
            _ => {}
        }
        self.mode = Mode::Input(purpose, input);
    }

    fn written(&mut self, purpose: Purpose, text: &str, now: DateTime<Utc>) {
        match purpose {
            Purpose::Reject => self.decide(v1::Action::Reject, v1::Reason::Other, text, now),
            Purpose::Ban(form) => self.mode = Mode::Ban(BanForm { note: text.to_owned(), ..form }),
            Purpose::Note => {
                let Some(comment_id) = self.hand.current_id().map(str::to_owned) else { return };
                let request_id = (self.mint)();
                let note = v1::AddNoteRequest { comment_id, text: text.to_owned(), request_id: request_id.clone() };
                self.outbox.push(request_id, Deed::Note(note), now);
                self.tally.notes += 1;
                self.say(Message::calm("triage-noted"));
            }
        }
    }

    fn fill_in(&mut self, mut form: BanForm, intent: &Intent, now: DateTime<Utc>) {
        match intent {
            Intent::Form(FormKey::Reason) => self.mode = Mode::Reasons(Purpose::Ban(form)),
            Intent::Confirm if form.reason == v1::Reason::Unspecified => {
                self.say(Message::alert("triage-ban-needs-reason"));
                self.mode = Mode::Reasons(Purpose::Ban(form));
            }
            Intent::Confirm => self.ban(&form, now),
            intent => {
                if let Intent::Form(key) = intent {
                    form.press(*key);
                }
                self.mode = Mode::Ban(form);
            }
        }
    }

    fn ban(&mut self, form: &BanForm, now: DateTime<Utc>) {
        let Some(held) = self.hand.current() else { return };
        let said = Message::calm("triage-banning").name("author", &held.comment.author_name);
        let id = (self.mint)();
        let request = form.request(&held.comment.id, id.clone(), now);
        self.outbox.push(id.clone(), Deed::Ban(request), now);
        self.past.push(Past { id, what: What::Ban, target: None });
        self.tally.bans += 1;
        self.say(said);
    }

    /// The verdict goes into the outbox, and the next comment is there.
    fn decide(&mut self, action: v1::Action, reason: v1::Reason, note: &str, now: DateTime<Utc>) {
        let Some(held) = self.hand.take() else { return };
        let id = (self.mint)();
        let request = v1::DecideRequest {
            comment_id: held.comment.id.clone(),
            action: action.into(),
            expected_revision: held.comment.revision,
            reason: reason.into(),
            note: note.to_owned(),
            request_id: id.clone(),
        };
        self.claims.note_decided(&held.comment.id);
        self.outbox.push(id.clone(), Deed::Decide(request), now);
        self.tally.add(action);
        self.waiting = self.waiting.map(|waiting| waiting.saturating_sub(1).max(0));
        self.say(Message::calm(message::verdict(action)).name("author", &held.comment.author_name));
        self.past.push(Past { id, what: What::Decision(action, Box::new(Held { lost: false, ..held })), target: None });
    }

    fn read(&mut self, pane: Pane, intent: &Intent) {
        let wanted = match intent {
            Intent::History => Pane::History,
            Intent::Log => Pane::Log,
            Intent::Help => Pane::Help,
            _ => pane,
        };
        let is_known = matches!(intent, Intent::History | Intent::Log | Intent::Help);
        if !is_known {
            self.mode = Mode::Pane(pane);
            return self.say(Message::alert("triage-close-first"));
        }
        // The key that opened it closes it.
        if wanted != pane && (wanted != Pane::History || self.hand.current().is_some()) {
            self.open(wanted);
        }
    }

    /// One step back.
    fn cancel(&mut self) {
        self.mode = match std::mem::replace(&mut self.mode, Mode::Review) {
            Mode::Reasons(Purpose::Ban(form)) | Mode::Input(Purpose::Ban(form), _) => {
                // Without its note OTHER is no reason.
                let reason = if form.reason == v1::Reason::Other && form.note.is_empty() {
                    v1::Reason::Unspecified
                } else {
                    form.reason
                };
                Mode::Ban(BanForm { reason, ..form })
            }
            _ => Mode::Review,
        };
        self.message = None;
    }

    fn move_text(&mut self, scroll: Scroll) {
        let (page, most) = (self.extent.page.saturating_sub(1).max(1), self.extent.most);
        let at = self.scroll();
        *self.scroll_mut() = match scroll {
            Scroll::Up => at.saturating_sub(1),
            Scroll::Down => at.saturating_add(1),
            Scroll::PageUp => at.saturating_sub(page),
            Scroll::PageDown => at.saturating_add(page),
            Scroll::Top => 0,
            Scroll::Bottom => most,
        }
        .min(most);
    }
}

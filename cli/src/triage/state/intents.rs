//! Handles the moderator's intents.

use chrono::{DateTime, Utc};

use super::{
    super::{
        ban_form::{BanForm, FormKey},
        event::{Intent, Scroll},
        held::HeldComment,
        input_mode::{InputMode, InputPurpose, Pane},
        message::{self, Message},
        outbox::Operation,
        text_input::TextInput,
    },
    machine::State,
    revertible::{RevertKind, Revertible},
    visibility::Unseen,
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
            intent => match std::mem::replace(&mut self.mode, InputMode::Review) {
                InputMode::Review => self.review(&intent, now),
                InputMode::Reasons(purpose) => self.choose(purpose, &intent, now),
                InputMode::Text(purpose, input) => self.write(purpose, input, intent, now),
                InputMode::Ban(form) => self.fill_in(form, &intent, now),
                InputMode::Pane(pane) => self.read(pane, &intent),
                InputMode::Quit => {
                    self.mode = InputMode::Quit;
                    if intent == Intent::Confirm {
                        self.quit(now);
                    }
                }
            },
        }
    }

    fn review(&mut self, intent: &Intent, now: DateTime<Utc>) {
        match intent {
            Intent::Undo => return self.revert_last(now),
            Intent::Log => return self.open(Pane::Log),
            Intent::Help => return self.open(Pane::Help),
            _ if self.held.current().is_none() => return self.say(Message::alert("triage-no-comment")),
            Intent::History => return self.open(Pane::History),
            Intent::Address => {
                self.shows_address = !self.shows_address;
                return;
            }
            _ => {}
        }
        let decides = !matches!(intent, Intent::Note | Intent::Skip);
        if let Err(unseen) = self.visibility.allows(decides, now) {
            return self.say(Message::alert(match unseen {
                Unseen::Whole => "triage-just-changed",
                Unseen::End => "triage-end-unseen",
            }));
        }
        self.message = None;
        match intent {
            Intent::Approve => self.decide(v1::Action::Approve, v1::Reason::Unspecified, "", now),
            Intent::Spam => self.decide(v1::Action::Spam, v1::Reason::Unspecified, "", now),
            Intent::Reject => self.mode = InputMode::Reasons(InputPurpose::Reject),
            Intent::Note => self.mode = InputMode::Text(InputPurpose::Note, TextInput::default()),
            Intent::Ban => self.mode = InputMode::Ban(BanForm::default()),
            Intent::Skip => {
                self.counts.skipped += 1;
                let key = if self.held.skip() { "triage-skipped" } else { "triage-nothing-else" };
                self.say(Message::calm(key));
            }
            _ => {}
        }
    }

    fn choose(&mut self, purpose: InputPurpose, intent: &Intent, now: DateTime<Utc>) {
        let &Intent::Reason(reason) = intent else {
            self.mode = InputMode::Reasons(purpose);
            return;
        };
        match purpose {
            InputPurpose::Ban(form) => {
                let form = BanForm { reason, ..form };
                self.mode = if reason == v1::Reason::Other {
                    InputMode::Text(InputPurpose::Ban(form), TextInput::default())
                } else {
                    InputMode::Ban(form)
                };
            }
            purpose if reason == v1::Reason::Other => self.mode = InputMode::Text(purpose, TextInput::default()),
            _ => self.decide(v1::Action::Reject, reason, "", now),
        }
    }

    fn write(&mut self, purpose: InputPurpose, mut input: TextInput, intent: Intent, now: DateTime<Utc>) {
        match intent {
            Intent::Edit(edit) => input.edit(edit),
            Intent::Confirm if input.text().is_empty() => self.say(Message::alert("triage-note-empty")),
            Intent::Confirm => return self.written(purpose, input.text(), now),
            _ => {}
        }
        self.mode = InputMode::Text(purpose, input);
    }

    fn written(&mut self, purpose: InputPurpose, text: &str, now: DateTime<Utc>) {
        match purpose {
            InputPurpose::Reject => self.decide(v1::Action::Reject, v1::Reason::Other, text, now),
            InputPurpose::Ban(form) => self.mode = InputMode::Ban(BanForm { note: text.to_owned(), ..form }),
            InputPurpose::Note => {
                let Some(comment_id) = self.held.current_id().map(str::to_owned) else { return };
                let request_id = (self.new_id)();
                let note = v1::AddNoteRequest { comment_id, text: text.to_owned(), request_id: request_id.clone() };
                self.outbox.push(request_id, Operation::Note(note), now);
                self.counts.notes += 1;
                self.say(Message::calm("triage-noted"));
            }
        }
    }

    fn fill_in(&mut self, mut form: BanForm, intent: &Intent, now: DateTime<Utc>) {
        match intent {
            Intent::Form(FormKey::Reason) => self.mode = InputMode::Reasons(InputPurpose::Ban(form)),
            Intent::Confirm if form.reason == v1::Reason::Unspecified => {
                self.say(Message::alert("triage-ban-needs-reason"));
                self.mode = InputMode::Reasons(InputPurpose::Ban(form));
            }
            Intent::Confirm => self.ban(&form, now),
            intent => {
                if let Intent::Form(key) = intent {
                    form.press(*key);
                }
                self.mode = InputMode::Ban(form);
            }
        }
    }

    fn ban(&mut self, form: &BanForm, now: DateTime<Utc>) {
        let Some(held) = self.held.current() else { return };
        let said = Message::calm("triage-banning").name("author", &held.comment.author_name);
        let id = (self.new_id)();
        let request = form.request(&held.comment.id, id.clone(), now);
        self.outbox.push(id.clone(), Operation::Ban(request), now);
        self.revertible.push(Revertible { id, kind: RevertKind::Ban, target: None });
        self.counts.bans += 1;
        self.say(said);
    }

    /// Puts a decision into the outbox and shows the next comment.
    fn decide(&mut self, action: v1::Action, reason: v1::Reason, note: &str, now: DateTime<Utc>) {
        let Some(held) = self.held.take() else { return };
        let id = (self.new_id)();
        let request = v1::DecideRequest {
            comment_id: held.comment.id.clone(),
            action: action.into(),
            expected_revision: held.comment.revision,
            reason: reason.into(),
            note: note.to_owned(),
            request_id: id.clone(),
        };
        self.claims.note_decided(&held.comment.id);
        self.outbox.push(id.clone(), Operation::Decide(request), now);
        self.counts.add(action);
        self.waiting = self.waiting.map(|waiting| waiting.saturating_sub(1).max(0));
        self.say(Message::calm(message::decision_key(action)).name("author", &held.comment.author_name));
        self.revertible.push(Revertible {
            id,
            kind: RevertKind::Decision(action, Box::new(HeldComment { lost: false, ..held })),
            target: None,
        });
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
            self.mode = InputMode::Pane(pane);
            return self.say(Message::alert("triage-close-first"));
        }
        // A pane is closed by the key that opened it.
        if wanted != pane && (wanted != Pane::History || self.held.current().is_some()) {
            self.open(wanted);
        }
    }

    /// Goes one step back: from the menu or the text of the ban form to that form, and otherwise to the review.
    fn cancel(&mut self) {
        self.mode = match std::mem::replace(&mut self.mode, InputMode::Review) {
            InputMode::Reasons(InputPurpose::Ban(form)) | InputMode::Text(InputPurpose::Ban(form), _) => {
                // The reason OTHER requires a note, so it is reset if there is none.
                let reason = if form.reason == v1::Reason::Other && form.note.is_empty() {
                    v1::Reason::Unspecified
                } else {
                    form.reason
                };
                InputMode::Ban(BanForm { reason, ..form })
            }
            _ => InputMode::Review,
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

//! What the keys are for at the moment: the review itself, a menu, a line of text, the ban form, something to read.

use chrono::{DateTime, TimeDelta, Utc};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use super::{super::sanitize, event::FormKey};
use duyet_proto::v1;

/// Longest note that the service takes, in graphemes.
const LONGEST_NOTE: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    Review,
    /// The menu of reasons.
    Reasons(Purpose),
    /// A line of text.
    Input(Purpose, Input),
    Ban(BanForm),
    Pane(Pane),
    /// Leaving, while some deeds are not sent.
    Quit,
}

/// What a reason or a text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    Reject,
    Note,
    Ban(BanForm),
}

/// Something to read instead of the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    History,
    Log,
    Help,
}

/// A ban in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BanForm {
    pub(super) subject: v1::BanSubject,
    pub(super) effect: v1::BanEffect,
    pub(super) days: i64,
    /// Unspecified until chosen.
    pub(super) reason: v1::Reason,
    pub(super) note: String,
    pub(super) reject_pending: bool,
    pub(super) remove_published: bool,
}

impl Default for BanForm {
    fn default() -> Self {
        Self {
            subject: v1::BanSubject::Device,
            effect: v1::BanEffect::Block,
            days: 7,
            reason: v1::Reason::Unspecified,
            note: String::new(),
            reject_pending: false,
            remove_published: false,
        }
    }
}

impl BanForm {
    /// Changes what the key is about. False for the reason, which has a menu of its own.
    pub(super) const fn press(&mut self, key: FormKey) -> bool {
        match key {
            FormKey::Subject(subject) => self.subject = subject,
            FormKey::Effect(effect) => self.effect = effect,
            FormKey::Days(days) => self.days = days,
            FormKey::RejectPending => self.reject_pending = !self.reject_pending,
            FormKey::RemovePublished => self.remove_published = !self.remove_published,
            FormKey::Reason => return false,
        }
        true
    }

    pub(super) fn request(&self, comment: &str, request_id: String, now: DateTime<Utc>) -> v1::CreateBanRequest {
        // The service allows 30 days for a prefix by its own clock, which may be behind ours.
        let expires_at = now + TimeDelta::days(self.days) - TimeDelta::minutes(10);
        v1::CreateBanRequest {
            subject: Some(v1::create_ban_request::Subject::CommentId(comment.to_owned())),
            subject_kind: self.subject.into(),
            effect: self.effect.into(),
            reason: self.reason.into(),
            note: self.note.clone(),
            expires_at: Some(prost_types::Timestamp { seconds: expires_at.timestamp(), nanos: 0 }),
            reject_pending: self.reject_pending,
            remove_published: self.remove_published,
            since: None,
            request_id,
        }
    }
}

/// A line of text that is typed. The cursor stands between letters, never inside of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Input {
    text: String,
    cursor: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    Insert(String),
    Backspace,
    Delete,
    Left,
    Right,
    Start,
    End,
    /// Removes the word before the cursor.
    Word,
    /// Removes everything before the cursor.
    Line,
}

impl Input {
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text before and behind the cursor.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Insert(text) => self.insert(&sanitize::line(&text).replace('⏎', " ")),
            Edit::Backspace => self.remove(self.before(), self.cursor),
            Edit::Delete => self.remove(self.cursor, self.behind()),
            Edit::Left => self.cursor = self.before(),
            Edit::Right => self.cursor = self.behind(),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::Word => {
                let kept = self.text[..self.cursor].trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.remove(kept, self.cursor);
            }
            Edit::Line => self.remove(0, self.cursor),
        }
    }

    fn insert(&mut self, text: &str) {
        for letter in text.graphemes(true) {
            let mut longer = self.text.clone();
            longer.insert_str(self.cursor, letter);
            if longer.graphemes(true).count() > LONGEST_NOTE {
                return;
            }
            self.text = longer;
            // A mark joins the letter before it, and a letter the mark behind it.
            self.cursor = boundary_from(&self.text, self.cursor + letter.len());
        }
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = boundary_from(&self.text, from);
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn behind(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |letter| self.cursor + letter.len())
    }
}

/// The first place from `at` on that is between two letters.
fn boundary_from(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    match cursor.is_boundary(text, 0) {
        Ok(false) => cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
        _ => at,
    }
}

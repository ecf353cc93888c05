//! A line of text that the moderator types.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use super::super::sanitize;

/// Longest note that the service accepts, in graphemes.
const LONGEST_NOTE: usize = 500;

/// A line of text with a cursor. The cursor is always between grapheme clusters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TextInput {
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

impl TextInput {
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

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
            // A combining mark joins the letter before it, and an inserted letter can join a mark after it.
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

/// Returns the first grapheme boundary at or after `at`.
fn boundary_from(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    match cursor.is_boundary(text, 0) {
        Ok(false) => cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
        _ => at,
    }
}

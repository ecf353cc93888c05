//! A comment's three fields with obfuscation undone, computed once for rules, terms and the model.

use super::{finding::Field, views::Views};
use crate::domain::comment::FormText;

/// The fields of a comment as written, and with obfuscation undone.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    form: &'a FormText,
    author_name: Views,
    title: Views,
    content: Views,
}

impl<'a> Reading<'a> {
    /// Processes every field.
    pub fn of(form: &'a FormText) -> Self {
        let [author_name, title, content] = [&form.author_name, &form.title, &form.content].map(|text| Views::of(text));
        Self { form, author_name, title, content }
    }

    pub fn fields(&self) -> [(Field, &'a str, &Views); 3] {
        let Self { form, author_name, title, content } = self;
        [
            (Field::AuthorName, &form.author_name, author_name),
            (Field::Title, &form.title, title),
            (Field::Content, &form.content, content),
        ]
    }

    /// Returns the views of title and content, without the author's name.
    pub fn said(&self) -> [(Field, &Views); 2] {
        [(Field::Title, &self.title), (Field::Content, &self.content)]
    }

    pub(super) fn author_name(&self) -> &Views {
        &self.author_name
    }
}

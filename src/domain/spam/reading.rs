//! A comment's three fields, each seen through once; what rules, terms and the learned score look at.

use super::{finding::Field, views::Views};
use crate::domain::comment::FormText;

/// The fields as written and as seen through.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    form: &'a FormText,
    author_name: Views,
    title: Views,
    content: Views,
}

impl<'a> Reading<'a> {
    /// Reads every field.
    pub fn of(form: &'a FormText) -> Self {
        let [author_name, title, content] = [&form.author_name, &form.title, &form.content].map(|text| Views::of(text));
        Self { form, author_name, title, content }
    }

    /// Every field: name, text as written, and what it says.
    pub fn fields(&self) -> [(Field, &'a str, &Views); 3] {
        let Self { form, author_name, title, content } = self;
        [
            (Field::AuthorName, &form.author_name, author_name),
            (Field::Title, &form.title, title),
            (Field::Content, &form.content, content),
        ]
    }

    /// What was said, whoever signed it: title and content.
    pub fn said(&self) -> [(Field, &Views); 2] {
        [(Field::Title, &self.title), (Field::Content, &self.content)]
    }

    pub(super) fn author_name(&self) -> &Views {
        &self.author_name
    }
}

//! Violations: what is wrong with the fields of a request.

use super::{nearest, text};

/// Largest number of suggested names. A longer list does not help.
const MOST_NAMES: usize = 30;

/// The kind of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Required,
    /// More graphemes than allowed.
    TooLong {
        limit: usize,
        actual: usize,
    },
    /// More bytes than allowed.
    TooManyBytes {
        limit: usize,
        actual: usize,
    },
    TooMany {
        limit: usize,
    },
    NotAUuid,
    NotAnArticleId,
    NotAUrl,
    UnknownValue,
    /// An unknown name, with known names that the caller may have meant.
    UnknownName {
        nearest: String,
    },
    OutOfRange,
    NotForCallers,
    /// The same value occurs twice.
    Repeated,
    /// A search query without a word.
    NoWord,
}

impl Problem {
    /// Returns the key of the message in the locale files.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Required => "problem-required",
            Self::TooLong { .. } => "problem-too-long",
            Self::TooManyBytes { .. } => "problem-too-many-bytes",
            Self::TooMany { .. } => "problem-too-many",
            Self::NotAUuid => "problem-not-a-uuid",
            Self::NotAnArticleId => "problem-not-an-article-id",
            Self::NotAUrl => "problem-not-a-url",
            Self::UnknownValue => "problem-unknown-value",
            Self::UnknownName { .. } => "problem-unknown-name",
            Self::OutOfRange => "problem-out-of-range",
            Self::NotForCallers => "problem-not-for-callers",
            Self::Repeated => "problem-repeated",
            Self::NoWord => "problem-no-word",
        }
    }

    /// Creates the problem for an unknown name. It suggests the most similar known names, or all of them if none is
    /// similar.
    pub fn unknown_name(name: &str, known: &[&str]) -> Self {
        let mut nearest = nearest::nearest(name, known.iter().copied(), 3);
        if nearest.is_empty() {
            nearest = known.iter().copied().take(MOST_NAMES).collect();
        }
        Self::UnknownName { nearest: nearest.join(", ") }
    }

    /// Returns the numbers in the message: `limit` and `actual`.
    pub fn numbers(&self) -> Vec<(&'static str, usize)> {
        match *self {
            Self::TooLong { limit, actual } | Self::TooManyBytes { limit, actual } => {
                vec![("limit", limit), ("actual", actual)]
            }
            Self::TooMany { limit } => vec![("limit", limit)],
            _ => vec![],
        }
    }
}

/// The violations of a request. They are collected, so that a form can show all of them at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<(&'static str, Problem)>);

impl Violations {
    pub fn add(&mut self, field: &'static str, problem: Problem) {
        self.0.push((field, problem));
    }

    /// Adds a violation if `text` has more graphemes or bytes than allowed.
    pub fn check_length(&mut self, field: &'static str, text: &str, graphemes: usize, bytes: usize) {
        if text.len() > bytes {
            self.add(field, Problem::TooManyBytes { limit: bytes, actual: text.len() });
        } else {
            let actual = text::graphemes(text);
            if actual > graphemes {
                self.add(field, Problem::TooLong { limit: graphemes, actual });
            }
        }
    }

    /// Returns a parsed value, or adds a violation if it is `None`.
    pub fn take<T>(&mut self, field: &'static str, value: Option<T>, problem: Problem) -> Option<T> {
        if value.is_none() {
            self.add(field, problem);
        }
        value
    }

    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, Problem)> {
        self.0.iter()
    }

    pub fn fields(&self) -> Vec<&'static str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }

    /// Returns `Ok` if there are no violations.
    ///
    /// # Errors
    /// The violations, which convert into [`Error::Invalid`](super::Error::Invalid).
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl std::fmt::Display for Violations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = self.fields();
        f.write_str(&fields.join(", "))
    }
}

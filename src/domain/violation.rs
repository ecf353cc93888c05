//! What is wrong with the fields of a request.

use super::{nearest, text};

/// Most names to suggest: a longer list does not help.
const MOST_NAMES: usize = 30;

/// What is wrong with a field.
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
    /// An unknown name, with the known names that may be meant.
    UnknownName {
        nearest: String,
    },
    OutOfRange,
    NotForCallers,
    /// The same thing twice.
    Repeated,
    /// A search for something that has no word.
    NoWord,
}

impl Problem {
    /// Key of the message in the locale files.
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

    /// A name that nobody knows, beside the known names that are most like it; beside all of them when none is.
    pub fn unknown_name(name: &str, known: &[&str]) -> Self {
        let mut nearest = nearest::nearest(name, known.iter().copied(), 3);
        if nearest.is_empty() {
            nearest = known.iter().copied().take(MOST_NAMES).collect();
        }
        Self::UnknownName { nearest: nearest.join(", ") }
    }

    /// Numbers in the message: `limit` and `actual`.
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

/// Collects every violation of a request, so that a form shows them all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<(&'static str, Problem)>);

impl Violations {
    pub fn add(&mut self, field: &'static str, problem: Problem) {
        self.0.push((field, problem));
    }

    /// Notes when `text` has more graphemes or bytes than allowed.
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

    /// Takes a parsed value, or notes the problem and answers `None`.
    pub fn take<T>(&mut self, field: &'static str, value: Option<T>, problem: Problem) -> Option<T> {
        if value.is_none() {
            self.add(field, problem);
        }
        value
    }

    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, Problem)> {
        self.0.iter()
    }

    /// Names of the violating fields, in order.
    pub fn fields(&self) -> Vec<&'static str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }

    /// Returns `Ok` when nothing was noted.
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

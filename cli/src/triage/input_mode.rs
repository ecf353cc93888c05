//! What the keys are for at the moment: the review itself, a menu, a line of text, the ban form, something to read.

use super::{ban_form::BanForm, text_input::TextInput};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InputMode {
    Review,
    /// The menu of reasons.
    Reasons(InputPurpose),
    /// A line of text.
    Text(InputPurpose, TextInput),
    Ban(BanForm),
    Pane(Pane),
    /// Leaving, while some operations are not sent.
    Quit,
}

/// What a reason or a text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InputPurpose {
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

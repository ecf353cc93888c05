//! The mode of the keyboard: review, menu, text input, ban form, or pane.

use super::{ban_form::BanForm, text_input::TextInput};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InputMode {
    Review,
    /// The menu of reasons.
    Reasons(InputPurpose),
    Text(InputPurpose, TextInput),
    Ban(BanForm),
    Pane(Pane),
    /// Confirmation to leave while operations are unsent.
    Quit,
}

/// The purpose of a reason or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InputPurpose {
    Reject,
    Note,
    Ban(BanForm),
}

/// A pane shown instead of the comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    History,
    Log,
    Help,
}

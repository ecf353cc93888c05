//! What goes into the state machine and what comes out of it.

use chrono::TimeDelta;

use super::{super::exit::Failure, ban_form::FormKey, outbox::Operation, text_input::Edit};
use duyet_proto::v1;

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The moderator wants something.
    Press(Intent),
    /// The service responded to a claim.
    Claimed(Result<ClaimResponse, CallError>),
    /// The queue was counted.
    Counted(Result<i64, CallError>),
    /// The service responded to the operation with this id.
    Answered { id: String, answer: Result<OperationResult, CallError> },
    /// Claims were released, or could not be.
    Released,
    /// The queue reported a revision of a comment, and whether it waits for a decision.
    Changed { id: String, revision: i64, waits: bool },
    /// A comment was fetched again, or does not exist any more.
    Refreshed(Result<Option<Box<v1::ReviewCase>>, CallError>),
    /// The screen was drawn, and every key pressed before that was read.
    Drawn(Extent),
    /// Time went by.
    Tick,
    /// The terminal or the system wants the program to end.
    Hangup,
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    Approve,
    Reject,
    Spam,
    Skip,
    Undo,
    Ban,
    Note,
    History,
    Log,
    Help,
    Address,
    Scroll(Scroll),
    Quit,
    /// One of the reasons in the menu.
    Reason(v1::Reason),
    /// Something in the ban form.
    Form(FormKey),
    /// Something in the line of text.
    Edit(Edit),
    Confirm,
    Cancel,
    /// A key that means nothing here.
    Unknown,
    /// A letter that only an input method makes.
    Composed,
    /// Text that was pasted where none belongs.
    Pasted,
}

/// How far a text is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scroll {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
}

/// How much of the scrolled text there is beyond the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// Lines in the window.
    pub(super) page: usize,
    /// The greatest scroll that still fills the window.
    pub(super) most: usize,
    /// The text is the comment's own, and some of it is in the window.
    pub(super) shows_comment: bool,
}

/// Comments that the moderator now holds.
#[derive(Debug, Default)]
pub(super) struct ClaimResponse {
    pub(super) cases: Vec<v1::ReviewCase>,
    pub(super) renewed: Vec<String>,
}

/// The service's response to an operation.
#[derive(Debug)]
pub(super) enum OperationResult {
    Decided(Box<v1::DecideResponse>),
    /// A decision was reverted; its comment as it is now.
    Reverted(Option<Box<v1::Comment>>),
    /// A ban was reverted, except for this many of its decisions.
    BanReverted(usize),
    Banned(Box<v1::CreateBanResponse>),
    Noted(Box<v1::ModeratorNote>),
}

/// Why a call failed, by how to handle it.
#[derive(Debug, Clone)]
pub(super) enum CallError {
    /// The service is unavailable: retry later. A fault of the service is retried a few times only.
    Unavailable { message: String, after: Option<TimeDelta>, is_fault: bool },
    /// This one call failed, for example by a conflict.
    Failed(Failure),
    /// The moderator or this program is denied: the session ends.
    Denied(Failure),
}

/// A call to make.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    Claim(v1::ClaimNextRequest),
    Count,
    Send {
        id: String,
        operation: Operation,
    },
    Release(Vec<String>),
    /// Fetch the comment again.
    Refresh(String),
}

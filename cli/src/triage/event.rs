//! Input and output of the state machine.

use chrono::TimeDelta;

use super::{super::exit::Failure, ban_form::FormKey, outbox::Operation, text_input::Edit};
use duyet_proto::v1;

/// Input of the state machine.
#[derive(Debug)]
pub(super) enum Event {
    /// The moderator pressed a key.
    Press(Intent),
    /// The service responded to a claim.
    Claimed(Result<ClaimResponse, CallError>),
    /// The service responded to a count of the queue.
    Counted(Result<i64, CallError>),
    /// The service responded to the operation with this id.
    Answered { id: String, answer: Result<OperationResult, CallError> },
    /// The release of claims has succeeded or failed.
    Released,
    /// The watch of the queue reported a revision of a comment, and whether the comment waits for a decision.
    Changed { id: String, revision: i64, waits: bool },
    /// A comment was fetched again; `None` if it no longer exists.
    Refreshed(Result<Option<Box<v1::ReviewCase>>, CallError>),
    /// A frame was drawn. All keys that were pressed before it have been processed.
    Drawn(Extent),
    /// Time has passed.
    Tick,
    /// The terminal was closed, or a signal asks the program to end.
    Hangup,
}

/// The meaning of a key.
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
    Reason(v1::Reason),
    Form(FormKey),
    Edit(Edit),
    Confirm,
    Cancel,
    /// A key without a meaning in this mode.
    Unknown,
    /// A letter that only an input method produces.
    Composed,
    /// Text pasted in a mode that does not accept text.
    Pasted,
}

/// A movement of the scrolled text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scroll {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
}

/// The extent of the scrolled text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// Number of lines in the window.
    pub(super) page: usize,
    /// Greatest scroll position that still fills the window.
    pub(super) most: usize,
    /// True if the text is the content of the comment, and a part of it is in the window.
    pub(super) shows_comment: bool,
}

/// The response to a claim.
#[derive(Debug, Default)]
pub(super) struct ClaimResponse {
    pub(super) cases: Vec<v1::ReviewCase>,
    pub(super) renewed: Vec<String>,
}

/// The service's response to an operation.
#[derive(Debug)]
pub(super) enum OperationResult {
    Decided(Box<v1::DecideResponse>),
    /// A decision was reverted, with the comment's new state.
    Reverted(Option<Box<v1::Comment>>),
    /// A ban was reverted, except for this number of its decisions.
    BanReverted(usize),
    Banned(Box<v1::CreateBanResponse>),
    Noted(Box<v1::ModeratorNote>),
}

/// A failed call, with the way to handle it.
#[derive(Debug, Clone)]
pub(super) enum CallError {
    /// The service is unavailable, and the call is retried. A fault of the service is retried a limited number of
    /// times.
    Unavailable { message: String, after: Option<TimeDelta>, is_fault: bool },
    /// Only this call failed, for example because of a conflict.
    Failed(Failure),
    /// The moderator or this client is denied access, so the session ends.
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

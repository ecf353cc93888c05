//! What goes into the state machine and what comes out of it.

use chrono::TimeDelta;

use super::{super::outcome::Failure, modes::Edit, outbox::Deed};
use duyet_proto::v1;

/// Something happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The moderator wants something.
    Press(Intent),
    /// A claim was answered.
    Claimed(Result<Claimed, Trouble>),
    /// The queue was counted.
    Counted(Result<i64, Trouble>),
    /// The deed with this id was answered.
    Answered { id: String, answer: Result<Answer, Trouble> },
    /// Claims were given back, or could not be.
    Released,
    /// The queue says how a comment stands, and whether it waits for a decision.
    Changed { id: String, revision: i64, waits: bool },
    /// A comment was fetched anew, or is not there any more.
    Looked(Result<Option<Box<v1::ReviewCase>>, Trouble>),
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

/// A choice in the ban form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormKey {
    Subject(v1::BanSubject),
    Effect(v1::BanEffect),
    Days(i64),
    Reason,
    RejectPending,
    RemovePublished,
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
pub(super) struct Claimed {
    pub(super) cases: Vec<v1::ReviewCase>,
    pub(super) renewed: Vec<String>,
}

/// What a deed came to.
#[derive(Debug)]
pub(super) enum Answer {
    Decided(Box<v1::DecideResponse>),
    /// How the comment of a decision stands after it was taken back.
    Reverted(Option<Box<v1::Comment>>),
    /// A ban was taken back; so many of its comments could not be.
    Lifted(usize),
    Banned(Box<v1::CreateBanResponse>),
    Noted(Box<v1::ModeratorNote>),
}

/// Why a call failed, by what is to be done about it.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// Nobody answers, or not now: the same again later. A fault of the service is tried a few times only.
    Away { message: String, after: Option<TimeDelta>, is_fault: bool },
    /// Somebody else was first, or the service says no to this one thing.
    Refused(Failure),
    /// The service says no to this moderator or this program: nothing more will come of it.
    Denied(Failure),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    Claim(v1::ClaimNextRequest),
    Count,
    Send {
        id: String,
        deed: Deed,
    },
    Release(Vec<String>),
    /// Fetch the comment as it stands.
    Look(String),
}

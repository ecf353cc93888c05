mod attempt;
mod report;
mod submit;

pub(super) use self::attempt::{Attempt, SAME_TEXT_HOURS};
pub use self::{
    report::{NoteRequest, ReportRequest},
    submit::Submitted,
};

mod attempt;
mod rekey_bans;
mod report;
mod submit;

pub use self::{
    report::{NoteRequest, ReportRequest},
    submit::Submitted,
};

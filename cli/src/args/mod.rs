//! The command line. What a command or an argument means is said by the `help-` keys of the locale files, in both
//! languages: one id means the same in every command, so where one word means two things, ids differ from the words
//! typed.

mod ban;
mod command;
mod decision;
mod output;
mod policy;
mod queue;
mod rules;
#[cfg(test)]
mod tests;
mod triage;

pub(super) use ban::{BanArgs, BansArgs, UnbanArgs};
pub(super) use command::{Cli, Command};
pub(super) use decision::{
    ApproveArgs, CommentArgs, EraseArgs, EscalateArgs, ExportArgs, NoteArgs, PersonArgs, RejectArgs, RevealArgs,
    SpamArgs, UndoArgs,
};
pub(super) use output::{AuditArgs, ManArgs, StatsArgs};
pub(super) use policy::{ApprovePendingArgs, CloseArgs, LockdownArgs, OpenArgs, SiteArgs};
pub(super) use queue::{BulkArgs, Filter, QueueArgs};
pub(super) use rules::{AssessArgs, ReplayArgs, TermArgs, TermsArgs};
pub(super) use triage::TriageArgs;

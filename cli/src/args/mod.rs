//! The definitions of the command line. The `help-` keys of the message files describe commands and arguments in both
//! languages. An argument's id has the same meaning in every command. If a flag has different meanings in different
//! commands, the ids of its arguments differ from the name of the flag.

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

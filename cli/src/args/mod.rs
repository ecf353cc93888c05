//! The command line. What a command or an argument means is said by the `help-` keys of the locale files, in both languages: one id
//! means the same in every command, so where one word means two things, ids differ from the words typed.

mod ban;
mod decision;
mod output;
mod policy;
mod queue;
mod rules;
#[cfg(test)]
mod tests;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use uuid::Uuid;

pub(super) use ban::{BanArgs, BansArgs, UnbanArgs};
pub(super) use decision::{
    ApproveArgs, EraseArgs, EscalateArgs, ExportArgs, NoteArgs, PersonArgs, RejectArgs, RevealArgs, SpamArgs, Target,
    UndoArgs,
};
pub(super) use output::{AuditArgs, ManArgs, StatsArgs};
pub(super) use policy::{ApprovePendingArgs, CloseArgs, LockdownArgs, OpenArgs, SiteArgs};
pub(super) use queue::{BulkArgs, Filter, QueueArgs};
pub(super) use rules::{AssessArgs, ReplayArgs, TermArgs, TermsArgs};

use super::triage::TriageArgs;
use duyet_locale::Locale;

#[derive(Debug, Parser)]
#[command(name = "duyet", version, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[arg(long, global = true, display_order = 900)]
    pub(super) json: bool,
    // Read before parsing, so that help and errors come in the language asked for; here it is only checked.
    #[arg(long, global = true, display_order = 900, value_name = "vi|en")]
    pub(super) lang: Option<Locale>,
    #[arg(long, global = true, display_order = 900, env = "DUYET_ADDR", value_name = "URL")]
    pub(super) addr: Option<String>,
    // Exists to be refused with the reason: arguments are seen by every user of the machine.
    #[arg(long, global = true, hide = true, num_args = 0..=1, default_missing_value = "")]
    pub(super) token: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Login {
        // Exists to be refused, like `--token`.
        #[arg(hide = true, value_name = "TOKEN")]
        token: Option<String>,
    },
    Queue(QueueArgs),
    Triage(Box<TriageArgs>),
    Watch {
        #[command(flatten)]
        filter: Filter,
    },
    Show {
        id: Uuid,
    },
    Approve(ApproveArgs),
    Reject(RejectArgs),
    Spam(SpamArgs),
    Requeue(ApproveArgs),
    Bulk(Box<BulkArgs>),
    Undo(UndoArgs),
    Note(NoteArgs),
    Escalate(EscalateArgs),
    Ban(Box<BanArgs>),
    Unban(UnbanArgs),
    Bans(BansArgs),
    Reveal(RevealArgs),
    Export(ExportArgs),
    Erase(EraseArgs),
    Close(CloseArgs),
    Open(OpenArgs),
    ApprovePending(ApprovePendingArgs),
    Site(SiteArgs),
    Lockdown(LockdownArgs),
    Terms(TermsArgs),
    Term(Box<TermArgs>),
    Assess(AssessArgs),
    Replay(ReplayArgs),
    Stats(StatsArgs),
    Audit(AuditArgs),
    Completions {
        shell: Shell,
    },
    Man(ManArgs),
}

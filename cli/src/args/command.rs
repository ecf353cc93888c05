//! The command line and its commands.

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use uuid::Uuid;

use super::{
    ApproveArgs, ApprovePendingArgs, AssessArgs, AuditArgs, BanArgs, BansArgs, BulkArgs, CloseArgs, EraseArgs,
    EscalateArgs, ExportArgs, Filter, LockdownArgs, ManArgs, NoteArgs, OpenArgs, QueueArgs, RejectArgs, ReplayArgs,
    RevealArgs, SiteArgs, SpamArgs, StatsArgs, TermArgs, TermsArgs, TriageArgs, UnbanArgs, UndoArgs,
};
use duyet_locale::Locale;

#[derive(Debug, Parser)]
#[command(name = "duyet", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[arg(long, global = true, display_order = 900)]
    pub(crate) json: bool,
    // Read before parsing, so that help and errors are in the chosen language. The parser only validates it.
    #[arg(long, global = true, display_order = 900, value_name = "vi|en")]
    pub(crate) lang: Option<Locale>,
    #[arg(long, global = true, display_order = 900, env = "DUYET_ADDR", value_name = "URL")]
    pub(crate) addr: Option<String>,
    // Accepted only to fail with an explanation: every user of the machine can read arguments.
    #[arg(long, global = true, hide = true, num_args = 0..=1, default_missing_value = "")]
    pub(crate) token: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login {
        // Accepted only to fail with an explanation, like `--token`.
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

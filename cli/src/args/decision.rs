//! Arguments about single comments: decisions, reverts, notes, takedowns.

use clap::Args;
use uuid::Uuid;

use crate::{
    choices::DemandChoice,
    moment::{Point, Span},
    typed,
};
use duyet_proto::v1;

/// The comments to decide.
#[derive(Debug, Args)]
pub(crate) struct CommentArgs {
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<Uuid>,
    #[arg(long, display_order = 1, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) revision: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    pub(crate) target: CommentArgs,
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RejectArgs {
    #[command(flatten)]
    pub(crate) target: CommentArgs,
    #[arg(long, short, value_name = "NAME", ignore_case = true, value_parser = typed::reason)]
    pub(crate) reason: v1::Reason,
    #[arg(long, value_name = "TEXT", required_if_eq_any(typed::OTHER))]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SpamArgs {
    #[command(flatten)]
    pub(crate) target: CommentArgs,
    #[arg(long, short, value_name = "NAME", ignore_case = true, value_parser = typed::reason)]
    pub(crate) reason: Option<v1::Reason>,
    #[arg(long, value_name = "TEXT", required_if_eq_any(typed::OTHER))]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct UndoArgs {
    #[arg(value_name = "ID")]
    pub(crate) reverted_entry: Option<Uuid>,
    #[arg(long = "batch", requires = "reverted_entry")]
    pub(crate) as_batch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    pub(crate) id: Uuid,
    pub(crate) text: String,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct EscalateArgs {
    pub(crate) id: Uuid,
    #[arg(long = "kind", ignore_case = true)]
    pub(crate) demand: DemandChoice,
    #[arg(long = "for", value_name = "24h", conflicts_with = "due")]
    pub(crate) term: Option<Span>,
    #[arg(long, value_name = "TIME")]
    pub(crate) due: Option<Point>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct RevealArgs {
    pub(crate) id: Uuid,
    #[arg(long, value_name = "TEXT", required = true)]
    pub(crate) note: String,
}

/// The person whose comments the command is about.
#[derive(Debug, Args)]
#[group(id = "person", required = true, multiple = false)]
pub(crate) struct PersonArgs {
    #[arg(id = "id_of_person", value_name = "ID")]
    pub(crate) id: Option<Uuid>,
    #[arg(id = "author_of_person", long = "author", value_name = "KEY")]
    pub(crate) author: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) person: PersonArgs,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    pub(crate) person: PersonArgs,
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[arg(id = "yes_erase", long = "yes", short = 'y')]
    pub(crate) yes: bool,
}

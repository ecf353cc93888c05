//! Arguments about single comments: decisions, taking them back, notes, takedowns.

use clap::Args;
use uuid::Uuid;

use crate::cli::{
    choices::{DemandChoice, ReasonChoice},
    moment::{Point, Span},
};

/// The comments a decision is about.
#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    #[arg(required = true, value_name = "ID")]
    pub(in crate::cli) ids: Vec<Uuid>,
    #[arg(long, display_order = 1, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(in crate::cli) revision: Option<i64>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ApproveArgs {
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RejectArgs {
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[arg(long, short, value_name = "CODE", ignore_case = true)]
    pub(in crate::cli) reason: ReasonChoice,
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    pub(in crate::cli) note: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SpamArgs {
    #[command(flatten)]
    pub(in crate::cli) target: Target,
    #[arg(long, short, value_name = "CODE", ignore_case = true)]
    pub(in crate::cli) reason: Option<ReasonChoice>,
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    pub(in crate::cli) note: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct UndoArgs {
    #[arg(value_name = "ID")]
    pub(in crate::cli) deed: Option<Uuid>,
    #[arg(long = "batch", requires = "deed")]
    pub(in crate::cli) as_batch: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct NoteArgs {
    pub(in crate::cli) id: Uuid,
    pub(in crate::cli) text: String,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct EscalateArgs {
    pub(in crate::cli) id: Uuid,
    #[arg(long = "kind", ignore_case = true)]
    pub(in crate::cli) demand: DemandChoice,
    #[arg(long = "for", value_name = "24h", conflicts_with = "due")]
    pub(in crate::cli) term: Option<Span>,
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) due: Option<Point>,
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct RevealArgs {
    pub(in crate::cli) id: Uuid,
    #[arg(long, value_name = "TEXT", required = true)]
    pub(in crate::cli) note: String,
}

/// Everything by one person.
#[derive(Debug, Args)]
#[group(id = "person", required = true, multiple = false)]
pub(in crate::cli) struct PersonArgs {
    #[arg(id = "id_of_person", value_name = "ID")]
    pub(in crate::cli) id: Option<Uuid>,
    #[arg(id = "author_of_person", long = "author", value_name = "KEY")]
    pub(in crate::cli) author: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct ExportArgs {
    #[command(flatten)]
    pub(in crate::cli) person: PersonArgs,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct EraseArgs {
    #[command(flatten)]
    pub(in crate::cli) person: PersonArgs,
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
    #[arg(id = "yes_erase", long = "yes", short = 'y')]
    pub(in crate::cli) yes: bool,
}

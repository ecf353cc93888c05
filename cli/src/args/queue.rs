//! Arguments that select comments: the filter of the queue, and commands that use it.

use clap::Args;
use uuid::Uuid;

use crate::{
    choices::{OrderChoice, StatusChoice, VerbChoice},
    typed,
};
use duyet_proto::v1;

/// Which comments. All set conditions must match (AND).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(crate) struct Filter {
    #[arg(long, value_delimiter = ',', ignore_case = true)]
    pub(crate) status: Vec<StatusChoice>,
    #[arg(long, value_name = "ID")]
    pub(crate) article: Option<String>,
    #[arg(long, short = 'q', value_name = "WORDS")]
    pub(crate) query: Option<String>,
    #[arg(long, requires = "query")]
    pub(crate) ignore_marks: bool,
    #[arg(long, value_name = "NAME", value_parser = typed::rule)]
    pub(crate) rule: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub(crate) author: Option<String>,
    #[arg(long, value_name = "0..1", value_parser = typed::number)]
    pub(crate) min_score: Option<f64>,
    #[arg(long, value_name = "0..1", value_parser = typed::number)]
    pub(crate) max_score: Option<f64>,
    #[arg(long)]
    pub(crate) unreviewed: bool,
    #[arg(long)]
    pub(crate) reported: bool,
    #[arg(long, value_name = "ID")]
    pub(crate) campaign: Option<Uuid>,
    #[command(flatten)]
    pub(crate) claims: ClaimFilter,
}

/// Whether a moderator has claimed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(crate) struct ClaimFilter {
    #[arg(long, conflicts_with = "unclaimed")]
    pub(crate) claimed: bool,
    #[arg(long)]
    pub(crate) unclaimed: bool,
}

#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    #[command(flatten)]
    pub(crate) filter: Filter,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(crate) order: OrderChoice,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(crate) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct BulkArgs {
    #[arg(ignore_case = true, value_name = "ACTION")]
    pub(crate) verb: VerbChoice,
    #[arg(long, short, value_name = "NAME", ignore_case = true, value_parser = typed::reason,
        required_if_eq("verb", "reject"))]
    pub(crate) reason: Option<v1::Reason>,
    #[arg(long, value_name = "TEXT", required_if_eq_any(typed::OTHER))]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) filter: Filter,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(crate) order: OrderChoice,
    #[arg(long = "limit", short = 'n', value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) most: u32,
    #[arg(long)]
    pub(crate) all: bool,
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[arg(long, short)]
    pub(crate) yes: bool,
}

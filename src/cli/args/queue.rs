//! Arguments that say which comments: the queue's filter, and what is built on it.

use clap::Args;
use uuid::Uuid;

use crate::cli::choices::{OrderChoice, ReasonChoice, StatusChoice, VerbChoice};

/// Which comments. Conditions add up.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(in crate::cli) struct Filter {
    #[arg(long, value_delimiter = ',', ignore_case = true)]
    pub(in crate::cli) status: Vec<StatusChoice>,
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) article: Option<String>,
    #[arg(long, short = 'q', value_name = "WORDS")]
    pub(in crate::cli) query: Option<String>,
    #[arg(long, value_name = "RULE")]
    pub(in crate::cli) rule: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub(in crate::cli) author: Option<String>,
    #[arg(long, value_name = "0..1")]
    pub(in crate::cli) min_score: Option<f64>,
    #[arg(long, value_name = "0..1")]
    pub(in crate::cli) max_score: Option<f64>,
    #[arg(long)]
    pub(in crate::cli) unreviewed: bool,
    #[arg(long)]
    pub(in crate::cli) reported: bool,
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) campaign: Option<Uuid>,
    #[command(flatten)]
    pub(in crate::cli) claims: Claims,
}

/// Whether somebody looks at it now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(in crate::cli) struct Claims {
    #[arg(long, conflicts_with = "unclaimed")]
    pub(in crate::cli) claimed: bool,
    #[arg(long)]
    pub(in crate::cli) unclaimed: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct QueueArgs {
    #[command(flatten)]
    pub(in crate::cli) filter: Filter,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(in crate::cli) order: OrderChoice,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(in crate::cli) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(in crate::cli) page_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct BulkArgs {
    #[arg(ignore_case = true, value_name = "ACTION")]
    pub(in crate::cli) verb: VerbChoice,
    #[arg(long, short, value_name = "CODE", ignore_case = true, required_if_eq("verb", "reject"))]
    pub(in crate::cli) reason: Option<ReasonChoice>,
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    pub(in crate::cli) note: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) filter: Filter,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(in crate::cli) order: OrderChoice,
    #[arg(long = "limit", short = 'n', value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(in crate::cli) most: u32,
    #[arg(long)]
    pub(in crate::cli) all: bool,
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    #[arg(long, short)]
    pub(in crate::cli) yes: bool,
}

//! The command line of `duyet triage`.

use clap::Args;

use super::super::choices::OrderChoice;

/// Which comments to review.
#[derive(Debug, Args)]
pub(in super::super) struct TriageArgs {
    #[arg(long, value_name = "ID")]
    pub(in super::super) article: Option<String>,
    #[arg(long, short = 'q', value_name = "WORDS")]
    pub(in super::super) query: Option<String>,
    #[arg(long, value_name = "RULE")]
    pub(in super::super) rule: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub(in super::super) author: Option<String>,
    #[arg(long, value_name = "0..1")]
    pub(in super::super) min_score: Option<f64>,
    #[arg(long, value_name = "0..1")]
    pub(in super::super) max_score: Option<f64>,
    #[arg(long)]
    pub(in super::super) reported: bool,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(in super::super) order: OrderChoice,
    #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=10))]
    pub(in super::super) lease: i64,
}

//! The command line of `duyet triage`.

use clap::Args;

use crate::{choices::OrderChoice, typed};

/// The comments to review.
#[derive(Debug, Args)]
pub(crate) struct TriageArgs {
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
    pub(crate) reported: bool,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(crate) order: OrderChoice,
    #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=10))]
    pub(crate) lease: i64,
}

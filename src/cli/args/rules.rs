//! Arguments about terms, and about what rules and the score make of texts.

use std::path::PathBuf;

use clap::Args;

use crate::cli::choices::{StateChoice, TierChoice};

#[derive(Debug, Args)]
pub(in crate::cli) struct TermsArgs {
    pub(in crate::cli) words: Option<String>,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(in crate::cli) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(in crate::cli) page_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct TermArgs {
    pub(in crate::cli) pattern: String,
    #[arg(long, ignore_case = true)]
    pub(in crate::cli) tier: Option<TierChoice>,
    #[arg(long = "state", ignore_case = true)]
    pub(in crate::cli) term_state: Option<StateChoice>,
    #[arg(long, value_name = "0..10")]
    pub(in crate::cli) weight: Option<f64>,
    #[arg(long = "note", value_name = "TEXT")]
    pub(in crate::cli) term_note: Option<String>,
    #[arg(long, conflicts_with_all = ["term_state", "weight", "term_note"])]
    pub(in crate::cli) delete: bool,
    #[arg(long, conflicts_with = "delete")]
    pub(in crate::cli) dry_run: bool,
    #[arg(long, short, conflicts_with = "dry_run")]
    pub(in crate::cli) yes: bool,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct AssessArgs {
    pub(in crate::cli) file: PathBuf,
    #[arg(long = "name", value_name = "NAME")]
    pub(in crate::cli) signed: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) title: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    #[arg(long = "limit", short = 'n', default_value_t = 2_000, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub(in crate::cli) compared: i32,
    #[arg(long = "with", value_name = "PATTERN")]
    pub(in crate::cli) with_pattern: Option<String>,
    #[arg(long, ignore_case = true, requires = "with_pattern")]
    pub(in crate::cli) tier: Option<TierChoice>,
    #[arg(long, value_name = "0..10", requires = "with_pattern")]
    pub(in crate::cli) weight: Option<f64>,
}

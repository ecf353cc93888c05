//! Arguments about terms, and about assessments by rules and score.

use std::path::PathBuf;

use clap::Args;

use crate::{
    choices::{StateChoice, TierChoice},
    typed,
};

#[derive(Debug, Args)]
pub(crate) struct TermsArgs {
    pub(crate) words: Option<String>,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(crate) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct TermArgs {
    pub(crate) pattern: String,
    #[arg(long, ignore_case = true)]
    pub(crate) tier: Option<TierChoice>,
    #[arg(long = "state", ignore_case = true)]
    pub(crate) term_state: Option<StateChoice>,
    #[arg(long, value_name = "0..10", value_parser = typed::number)]
    pub(crate) weight: Option<f64>,
    #[arg(long = "note", value_name = "TEXT")]
    pub(crate) term_note: Option<String>,
    #[arg(long, conflicts_with_all = ["term_state", "weight", "term_note"])]
    pub(crate) delete: bool,
    #[arg(long, conflicts_with = "delete")]
    pub(crate) dry_run: bool,
    #[arg(long, short, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct AssessArgs {
    pub(crate) file: PathBuf,
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) signed: Option<String>,
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[arg(long = "limit", short = 'n', default_value_t = 2_000, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub(crate) compared: i32,
    #[arg(long = "with", value_name = "PATTERN")]
    pub(crate) with_pattern: Option<String>,
    #[arg(long, ignore_case = true, requires = "with_pattern")]
    pub(crate) tier: Option<TierChoice>,
    #[arg(long, value_name = "0..10", value_parser = typed::number, requires = "with_pattern")]
    pub(crate) weight: Option<f64>,
}

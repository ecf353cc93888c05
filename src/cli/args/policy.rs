//! Arguments about how articles and the site take comments.

use clap::{ArgGroup, Args};

use crate::cli::{
    choices::{ModeChoice, SiteModeChoice},
    moment::{Point, Span},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct CloseArgs {
    pub(in crate::cli) article: String,
    #[arg(long = "new", display_order = 1)]
    pub(in crate::cli) new_article: bool,
    #[arg(long, display_order = 1, value_name = "TIME")]
    pub(in crate::cli) at: Option<Point>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct OpenArgs {
    pub(in crate::cli) article: String,
    #[arg(long, display_order = 1)]
    pub(in crate::cli) mode: Option<ModeChoice>,
    #[arg(long = "for", display_order = 1, value_name = "7d", conflicts_with = "end")]
    pub(in crate::cli) term: Option<Span>,
    #[arg(long = "until", display_order = 1, value_name = "TIME")]
    pub(in crate::cli) end: Option<Point>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseArgs {
    pub(in crate::cli) article: String,
    #[arg(long = "max-score", display_order = 1, value_name = "0..1")]
    pub(in crate::cli) below: Option<f64>,
    #[arg(long, display_order = 1)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SiteArgs {
    #[arg(long = "mode", ignore_case = true)]
    pub(in crate::cli) site_mode: Option<SiteModeChoice>,
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(0..=3650))]
    pub(in crate::cli) auto_close: Option<i32>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1000))]
    pub(in crate::cli) report_threshold: Option<i32>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how-long").args(["term", "end", "lift"]).required(true))]
pub(in crate::cli) struct LockdownArgs {
    #[arg(long = "for", value_name = "2h")]
    pub(in crate::cli) term: Option<Span>,
    #[arg(long = "until", value_name = "TIME")]
    pub(in crate::cli) end: Option<Point>,
    #[arg(long)]
    pub(in crate::cli) lift: bool,
    #[arg(long, conflicts_with = "lift")]
    pub(in crate::cli) harder_challenges: bool,
    #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
    pub(in crate::cli) note: Option<String>,
}

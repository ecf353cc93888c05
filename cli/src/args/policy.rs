//! Arguments about how articles and the site take comments.

use clap::{ArgGroup, Args};

use crate::{
    choices::{ModeChoice, SiteModeChoice},
    moment::{Point, Span},
    typed,
};

#[derive(Debug, Args)]
pub(crate) struct CloseArgs {
    pub(crate) article: String,
    #[arg(long = "new", display_order = 1)]
    pub(crate) new_article: bool,
    #[arg(long, display_order = 1, value_name = "TIME")]
    pub(crate) at: Option<Point>,
}

#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    pub(crate) article: String,
    #[arg(long, display_order = 1)]
    pub(crate) mode: Option<ModeChoice>,
    #[arg(long = "for", display_order = 1, value_name = "7d", conflicts_with = "end")]
    pub(crate) term: Option<Span>,
    #[arg(long = "until", display_order = 1, value_name = "TIME")]
    pub(crate) end: Option<Point>,
}

#[derive(Debug, Args)]
pub(crate) struct ApprovePendingArgs {
    pub(crate) article: String,
    #[arg(long = "max-score", display_order = 1, value_name = "0..1", value_parser = typed::number)]
    pub(crate) below: Option<f64>,
    #[arg(long, display_order = 1)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SiteArgs {
    #[arg(long = "mode", ignore_case = true)]
    pub(crate) site_mode: Option<SiteModeChoice>,
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(0..=3650))]
    pub(crate) auto_close: Option<i32>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1000))]
    pub(crate) report_threshold: Option<i32>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how-long").args(["term", "end", "lift"]).required(true))]
pub(crate) struct LockdownArgs {
    #[arg(long = "for", value_name = "2h")]
    pub(crate) term: Option<Span>,
    #[arg(long = "until", value_name = "TIME")]
    pub(crate) end: Option<Point>,
    #[arg(long)]
    pub(crate) lift: bool,
    #[arg(long, conflicts_with = "lift")]
    pub(crate) harder_challenges: bool,
    #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
    pub(crate) note: Option<String>,
}

//! Arguments about bans.

use clap::{ArgGroup, Args};
use uuid::Uuid;

use crate::cli::{
    choices::{EffectChoice, ReasonChoice, SubjectChoice},
    moment::{Moment, Point, Span},
};

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
#[command(group = ArgGroup::new("whom").args(["id", "author_key"]).required(true))]
#[command(group = ArgGroup::new("ends").args(["term", "end"]).required(true))]
pub(in crate::cli) struct BanArgs {
    pub(in crate::cli) id: Option<Uuid>,
    #[arg(long = "author", value_name = "KEY")]
    pub(in crate::cli) author_key: Option<String>,
    #[arg(long = "kind", ignore_case = true, conflicts_with = "author_key")]
    pub(in crate::cli) subject: Option<SubjectChoice>,
    #[arg(long, ignore_case = true, default_value = "block")]
    pub(in crate::cli) effect: EffectChoice,
    #[arg(long, short, value_name = "CODE", ignore_case = true)]
    pub(in crate::cli) reason: ReasonChoice,
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    pub(in crate::cli) note: Option<String>,
    #[arg(long = "for", value_name = "7d")]
    pub(in crate::cli) term: Option<Span>,
    #[arg(long = "until", value_name = "TIME")]
    pub(in crate::cli) end: Option<Point>,
    #[arg(long)]
    pub(in crate::cli) reject_pending: bool,
    #[arg(long)]
    pub(in crate::cli) remove_published: bool,
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) since: Option<Moment>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct UnbanArgs {
    pub(in crate::cli) ban_id: Uuid,
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BansArgs {
    #[arg(long)]
    pub(in crate::cli) ended: bool,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(in crate::cli) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(in crate::cli) page_token: Option<String>,
}

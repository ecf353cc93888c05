//! Arguments about bans.

use clap::{ArgGroup, Args};
use uuid::Uuid;

use crate::{
    choices::{EffectChoice, SubjectChoice},
    moment::{Moment, Point, Span},
    typed,
};
use duyet_proto::v1;

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
#[command(group = ArgGroup::new("whom").args(["id", "author_key"]).required(true))]
#[command(group = ArgGroup::new("ends").args(["term", "end"]).required(true))]
pub(crate) struct BanArgs {
    pub(crate) id: Option<Uuid>,
    #[arg(long = "author", value_name = "KEY")]
    pub(crate) author_key: Option<String>,
    #[arg(long = "kind", ignore_case = true, conflicts_with = "author_key")]
    pub(crate) subject: Option<SubjectChoice>,
    #[arg(long, ignore_case = true, default_value = "block")]
    pub(crate) effect: EffectChoice,
    #[arg(long, short, value_name = "NAME", ignore_case = true, value_parser = typed::reason)]
    pub(crate) reason: v1::Reason,
    #[arg(long, value_name = "TEXT", required_if_eq_any(typed::OTHER))]
    pub(crate) note: Option<String>,
    #[arg(long = "for", value_name = "7d")]
    pub(crate) term: Option<Span>,
    #[arg(long = "until", value_name = "TIME")]
    pub(crate) end: Option<Point>,
    #[arg(long)]
    pub(crate) reject_pending: bool,
    #[arg(long)]
    pub(crate) remove_published: bool,
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct UnbanArgs {
    pub(crate) ban_id: Uuid,
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BansArgs {
    #[arg(long)]
    pub(crate) ended: bool,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(crate) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page_token: Option<String>,
}

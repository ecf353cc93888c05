//! Arguments of the commands about the past, and of the manual.

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use crate::{choices::ActionChoice, moment::Moment};

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(crate) since: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[arg(long, value_name = "ID")]
    pub(crate) comment: Option<Uuid>,
    #[arg(long, value_name = "ID")]
    pub(crate) article: Option<String>,
    #[arg(long, value_name = "ID")]
    pub(crate) batch: Option<Uuid>,
    #[arg(long, value_name = "ID")]
    pub(crate) ban: Option<Uuid>,
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    #[arg(long, ignore_case = true)]
    pub(crate) action: Option<ActionChoice>,
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Moment>,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(crate) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(crate) struct ManArgs {
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub(crate) page: Option<String>,
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

//! Arguments of the commands that look back, and of those that print pages.

use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use crate::cli::{choices::ActionChoice, moment::Moment};

#[derive(Debug, Args)]
pub(in crate::cli) struct StatsArgs {
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(in crate::cli) since: Moment,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct AuditArgs {
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) comment: Option<Uuid>,
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) article: Option<String>,
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) batch: Option<Uuid>,
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) ban: Option<Uuid>,
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) actor: Option<String>,
    #[arg(long, ignore_case = true)]
    pub(in crate::cli) action: Option<ActionChoice>,
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) since: Option<Moment>,
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) until: Option<Moment>,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(in crate::cli) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(in crate::cli) page_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_display_order = 1)]
pub(in crate::cli) struct ManArgs {
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub(in crate::cli) page: Option<String>,
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

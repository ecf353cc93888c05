//! The command line. What a command or an argument means is said by the `help-` keys of the locale files, in both languages.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use uuid::Uuid;

use super::{
    choices::{ActionChoice, ModeChoice, OrderChoice, ReasonChoice, StatusChoice},
    moment::Moment,
};
use crate::locale::Locale;

#[derive(Debug, Parser)]
#[command(name = "duyet", version, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[arg(long, global = true, display_order = 900)]
    pub(super) json: bool,
    // Read before parsing, so that help and errors come in the language asked for; here it is only checked.
    #[arg(long, global = true, display_order = 900, value_name = "vi|en")]
    pub(super) lang: Option<Locale>,
    #[arg(long, global = true, display_order = 900, env = "DUYET_ADDR", value_name = "URL")]
    pub(super) addr: Option<String>,
    // Exists to be refused with the reason: arguments are seen by every user of the machine.
    #[arg(long, global = true, hide = true, num_args = 0..=1, default_missing_value = "")]
    pub(super) token: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Login {
        // Exists to be refused, like `--token`.
        #[arg(hide = true, value_name = "TOKEN")]
        token: Option<String>,
    },
    Queue(QueueArgs),
    Show {
        id: Uuid,
    },
    Approve(ApproveArgs),
    Reject(RejectArgs),
    Spam(SpamArgs),
    Requeue(ApproveArgs),
    Close {
        article: String,
    },
    Open {
        article: String,
        #[arg(long, display_order = 1)]
        mode: Option<ModeChoice>,
    },
    Audit(AuditArgs),
    Completions {
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct QueueArgs {
    #[arg(long, value_delimiter = ',', ignore_case = true)]
    pub(super) status: Vec<StatusChoice>,
    #[arg(long, value_name = "ID")]
    pub(super) article: Option<String>,
    #[arg(long, short = 'q', value_name = "WORDS")]
    pub(super) query: Option<String>,
    #[arg(long, value_name = "RULE")]
    pub(super) rule: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub(super) author: Option<String>,
    #[arg(long, value_name = "0..1")]
    pub(super) min_score: Option<f64>,
    #[arg(long, value_name = "0..1")]
    pub(super) max_score: Option<f64>,
    #[arg(long)]
    pub(super) unreviewed: bool,
    #[arg(long, default_value = "oldest", ignore_case = true)]
    pub(super) order: OrderChoice,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(super) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(super) page_token: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    #[command(flatten)]
    pub(super) target: Target,
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RejectArgs {
    #[command(flatten)]
    pub(super) target: Target,
    #[arg(long, short, value_name = "CODE", ignore_case = true)]
    pub(super) reason: ReasonChoice,
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    pub(super) note: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SpamArgs {
    #[command(flatten)]
    pub(super) target: Target,
    #[arg(long, short, value_name = "CODE", ignore_case = true)]
    pub(super) reason: Option<ReasonChoice>,
    #[arg(long, value_name = "TEXT", required_if_eq("reason", "other"))]
    pub(super) note: Option<String>,
}

/// The comments a decision is about.
#[derive(Debug, Args)]
pub(super) struct Target {
    #[arg(required = true, value_name = "ID")]
    pub(super) ids: Vec<Uuid>,
    #[arg(long, display_order = 1, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub(super) revision: Option<i64>,
}

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[arg(long, value_name = "ID")]
    pub(super) comment: Option<Uuid>,
    #[arg(long, value_name = "NAME")]
    pub(super) actor: Option<String>,
    #[arg(long, ignore_case = true)]
    pub(super) action: Option<ActionChoice>,
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<Moment>,
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Moment>,
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub(super) limit: i32,
    #[arg(long, value_name = "TOKEN")]
    pub(super) page_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, error::ErrorKind};

    use super::*;

    const ID: &str = "01970000-0000-7000-8000-000000000001";

    fn refusal(args: &[&str]) -> ErrorKind {
        Cli::try_parse_from([&["duyet"], args].concat()).unwrap_err().kind()
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_rejection_needs_a_reason_and_other_needs_a_note() {
        assert_eq!(refusal(&["reject", ID]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal(&["reject", ID, "-r", "other"]), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal(&["spam", ID, "-r", "OTHER"]), ErrorKind::MissingRequiredArgument);
        assert!(Cli::try_parse_from(["duyet", "reject", ID, "-r", "other", "--note", "lạc đề"]).is_ok());
    }

    #[test]
    fn reasons_are_known_by_both_spellings() {
        for code in ["spam-ad", "SPAM_AD", "Spam-Ad"] {
            let cli = Cli::try_parse_from(["duyet", "reject", ID, "-r", code]).unwrap();
            assert!(matches!(cli.command, Command::Reject(RejectArgs { reason: ReasonChoice::SpamAd, .. })), "{code}");
        }
        assert_eq!(refusal(&["reject", ID, "-r", "expired"]), ErrorKind::InvalidValue);
    }

    #[test]
    fn a_short_id_or_a_page_too_long_is_refused() {
        assert_eq!(refusal(&["show", "01970000"]), ErrorKind::ValueValidation);
        assert_eq!(refusal(&["queue", "--limit", "0"]), ErrorKind::ValueValidation);
        assert_eq!(refusal(&["queue", "--limit", "201"]), ErrorKind::ValueValidation);
    }

    #[test]
    fn statuses_come_as_a_list() {
        let cli = Cli::try_parse_from(["duyet", "queue", "--status", "pending,SPAM", "--json"]).unwrap();
        let Command::Queue(args) = cli.command else { panic!("another command") };
        assert_eq!(args.status, [StatusChoice::Pending, StatusChoice::Spam]);
        assert!(cli.json);
    }
}

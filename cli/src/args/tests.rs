//! Valid and invalid command lines.

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use super::*;
use crate::choices::{StatusChoice, VerbChoice};
use duyet_proto::v1;

const ID: &str = "01970000-0000-7000-8000-000000000001";

fn parse(args: &[&str]) -> Result<Command, clap::Error> {
    Cli::try_parse_from([&["duyet"], args].concat()).map(|cli| cli.command)
}

fn error_kind(args: &[&str]) -> ErrorKind {
    parse(args).unwrap_err().kind()
}

#[test]
fn the_definition_of_the_command_line_is_valid() {
    Cli::command().debug_assert();
}

#[test]
fn a_rejection_needs_a_reason_and_other_needs_a_note() {
    assert_eq!(error_kind(&["reject", ID]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["reject", ID, "-r", "other"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["spam", ID, "-r", "OTHER"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["bulk", "reject", "-q", "vay"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["bulk", "REJECT", "-q", "vay"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["ban", ID, "--for", "7d"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["reject", ID, "-r", "khac"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["reject", ID, "-r", "khác"]), ErrorKind::MissingRequiredArgument);
    assert!(parse(&["reject", ID, "-r", "other", "--note", "lạc đề"]).is_ok());
}

#[test]
fn reasons_are_known_by_every_spelling() {
    for name in ["spam-ad", "SPAM_AD", "quang-cao", "Quảng cáo"] {
        let command = parse(&["reject", ID, "-r", name]).unwrap();
        assert!(matches!(command, Command::Reject(RejectArgs { reason: v1::Reason::SpamAd, .. })), "{name}");
    }
    assert_eq!(error_kind(&["reject", ID, "-r", "expired"]), ErrorKind::ValueValidation);
}

#[test]
fn a_short_id_or_a_page_too_long_is_invalid() {
    assert_eq!(error_kind(&["show", "01970000"]), ErrorKind::ValueValidation);
    assert_eq!(error_kind(&["queue", "--limit", "0"]), ErrorKind::ValueValidation);
    assert_eq!(error_kind(&["queue", "--limit", "201"]), ErrorKind::ValueValidation);
}

#[test]
fn statuses_come_as_a_list() {
    let cli = Cli::try_parse_from(["duyet", "queue", "--status", "pending,SPAM", "--json"]).unwrap();
    let Command::Queue(args) = cli.command else { panic!("another command") };
    assert_eq!(args.filter.status, [StatusChoice::Pending, StatusChoice::Spam]);
    assert!(cli.json);
}

#[test]
fn a_ban_needs_one_subject_and_one_end() {
    let missing = ErrorKind::MissingRequiredArgument;
    assert_eq!(error_kind(&["ban", "-r", "insult", "--for", "7d"]), missing);
    assert_eq!(error_kind(&["ban", ID, "-r", "insult"]), missing);
    let conflict = ErrorKind::ArgumentConflict;
    assert_eq!(error_kind(&["ban", ID, "--author", "a", "-r", "insult", "--for", "7d"]), conflict);
    assert_eq!(error_kind(&["ban", ID, "-r", "insult", "--for", "7d", "--until", "2026-12-01"]), conflict);
    assert_eq!(error_kind(&["ban", "--author", "a", "--kind", "device", "-r", "insult", "--for", "7d"]), conflict);
    assert!(parse(&["ban", ID, "--kind", "ip-prefix", "--effect", "hold", "-r", "insult", "--for", "7d"]).is_ok());
    assert!(parse(&["ban", "--author", "a1b2", "-r", "insult", "--until", "2099-12-01"]).is_ok());
}

#[test]
fn a_lockdown_has_an_end_and_a_reason_or_is_lifted() {
    assert_eq!(error_kind(&["lockdown"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["lockdown", "--for", "2h"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["lockdown", "--for", "2h", "--lift"]), ErrorKind::ArgumentConflict);
    assert!(
        parse(&["lockdown", "--for", "2h", "--note", "tấn công"]).is_ok() && parse(&["lockdown", "--lift"]).is_ok()
    );
    assert!(parse(&["lockdown", "--for", "2h", "--note", "tấn công", "--harder-challenges"]).is_ok());
    assert_eq!(error_kind(&["lockdown", "--lift", "--harder-challenges"]), ErrorKind::ArgumentConflict);
}

#[test]
fn a_batch_is_reverted_by_its_id_only_and_claims_exclude_each_other() {
    assert_eq!(error_kind(&["undo", "--batch"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(error_kind(&["queue", "--claimed", "--unclaimed"]), ErrorKind::ArgumentConflict);
    assert!(parse(&["undo"]).is_ok() && parse(&["undo", ID]).is_ok() && parse(&["undo", "--batch", ID]).is_ok());
}

#[test]
fn a_bulk_decision_takes_the_filters_of_the_queue() {
    let command = parse(&["bulk", "spam", "--rule", "lien-ket", "--min-score", "0,9", "-n", "2000", "--yes"]).unwrap();
    let Command::Bulk(args) = command else { panic!("another command") };
    assert_eq!((args.verb, args.most, args.yes, args.dry_run), (VerbChoice::Spam, 2000, true, false));
    assert_eq!((args.filter.rule.as_deref(), args.filter.min_score), (Some("LINK"), Some(0.9)));
}

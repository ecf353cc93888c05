//! Errors of the command line in the chosen language. Rare errors keep the parser's own English text.

use std::{
    error::Error as _,
    num::{ParseFloatError, ParseIntError},
};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::{output::Output, sanitize, typed::UnknownName};
use duyet_locale::{Locale, Value};

/// Prints the error, or the requested help or version.
pub(super) fn print(error: &Error, output: &Output) {
    let explained = explain(error, output.locale);
    match explained {
        Some(message) => output.complain(&message),
        // A closed stdout must not turn `--help` into a failure.
        None => drop(error.print()),
    }
}

fn explain(error: &Error, locale: Locale) -> Option<String> {
    let value = |kind| error.get(kind).map(words).unwrap_or_default();
    let arg = value(ContextKind::InvalidArg);
    let (key, values): (_, Vec<(&str, Value)>) = match error.kind() {
        ErrorKind::MissingRequiredArgument => ("cli-usage-missing", vec![("arg", arg.into())]),
        ErrorKind::UnknownArgument => ("cli-usage-unknown", vec![("arg", arg.into())]),
        ErrorKind::InvalidSubcommand => {
            ("cli-usage-command", vec![("command", value(ContextKind::InvalidSubcommand).into())])
        }
        ErrorKind::ArgumentConflict if arg == value(ContextKind::PriorArg) => {
            ("cli-usage-twice", vec![("arg", arg.into())])
        }
        ErrorKind::ArgumentConflict => {
            ("cli-usage-conflict", vec![("arg", arg.into()), ("other", value(ContextKind::PriorArg).into())])
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let given = value(ContextKind::InvalidValue);
            let key = if given.is_empty() { "cli-usage-no-value" } else { "cli-usage-value" };
            let reason = error.source().map(|source| reason(source, locale));
            let expected = reason.unwrap_or_else(|| value(ContextKind::ValidValue));
            (key, vec![("arg", arg.into()), ("value", given.into()), ("expected", expected.into())])
        }
        _ => return None,
    };
    let suggested = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let nearest = error.source().and_then(|source| source.downcast_ref::<UnknownName>());
    let nearest = nearest.map(|unknown| unknown.nearest().join(", "));
    let suggested = suggested.into_iter().map(value).chain(nearest).find(|suggested| !suggested.is_empty());
    let suggested = suggested.map(|word| locale.text_with("cli-usage-suggested", &[("word", word.into())]));
    let usage = error.get(ContextKind::Usage).map(words).unwrap_or_default();
    let usage = usage.trim().replacen("Usage:", &format!("{}:", locale.text("help-usage")), 1);
    let parts = [Some(locale.text_with(key, &values)), suggested, Some(usage), Some(locale.text("cli-usage-help"))];
    // The typed text may have been copied from a comment.
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty()).map(|part| sanitize::block(&part));
    Some(parts.collect::<Vec<_>>().join("\n"))
}

/// Returns what a value must be. Parsers of other crates explain it in English only.
fn reason(source: &(dyn std::error::Error + 'static), locale: Locale) -> String {
    if source.is::<uuid::Error>() {
        locale.text("cli-usage-id")
    } else if source.is::<ParseIntError>() {
        locale.text("cli-usage-whole")
    } else if source.is::<ParseFloatError>() {
        locale.text_with("cli-usage-number", &[("example", locale.decimal(0.25, 2).into())])
    } else if let Some(unknown) = source.downcast_ref::<UnknownName>() {
        unknown.accepted(locale).join(", ")
    } else {
        let text = source.to_string();
        range(&text).map_or(text, |(least, most)| in_range(least, most, locale))
    }
}

/// Returns the bounds in the parser's message about a number, such as `201 is not in 1..=200`.
fn range(text: &str) -> Option<(i64, i64)> {
    let (_, bounds) = text.split_once(" is not in ")?;
    let (least, most) = bounds.split_once("..")?;
    Some((least.parse().ok()?, most.trim_start_matches('=').parse().ok()?))
}

fn in_range(least: i64, most: i64, locale: Locale) -> String {
    let key = if most == i64::MAX { "cli-usage-least" } else { "cli-usage-range" };
    locale.text_with(key, &[("least", least.into()), ("most", most.into())])
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::{args::Cli, help};

    const ID: &str = "01970000-0000-7000-8000-000000000001";

    fn explained(args: &[&str], locale: Locale) -> Option<String> {
        let command = help::translate(Cli::command(), locale);
        let matches = command.try_get_matches_from([&["duyet"], args].concat());
        let error = matches.and_then(|matches| Cli::from_arg_matches(&matches)).unwrap_err();
        explain(&error, locale)
    }

    #[test]
    fn errors_are_explained_in_the_chosen_language() {
        let cases: [(&[&str], &str); 16] = [
            (&["reject", ID], "Thiếu --reason <TÊN>."),
            (&["queue", "--statu", "spam"], "Không có tham số “--statu”."),
            (&["quue"], "Không có lệnh “quue”."),
            (&["quue"], "queue"),
            (&["reject", ID, "-r", "xấu"], "“xấu” không dùng được cho --reason <TÊN>: lac-de, xuc-pham"),
            (&["reject", ID, "-r", "quảng-coá"], "Có phải bạn muốn dùng: quang-cao?"),
            (&["queue", "--rule", "số điện thại"], "Có phải bạn muốn dùng: so-dien-thoai"),
            (&["queue", "-n", "201"], "cần một số từ 1 đến 200"),
            (&["queue", "-n", "nhiều"], "cần một số nguyên"),
            (&["approve", ID, "--revision", "0"], "cần một số từ 1 trở lên"),
            (&["queue", "--min-score", "cao"], "“cao” không dùng được cho --min-score <0..1>: cần một số như 0,25"),
            (&["ban", ID, "-r", "insult", "--for", "lâu"], "“lâu” không dùng được cho --for <7d>: 30m, 12h, 7d, 2w"),
            (&["queue", "--claimed", "--unclaimed"], "Không dùng --claimed cùng với --unclaimed."),
            (&["--lang", "vi", "--lang", "en", "queue"], "Chỉ dùng --lang <vi|en> một lần."),
            (&["show", "abc"], "“abc” không dùng được cho <MÃ>: cần một mã như"),
            (&["queue", "--order"], "Thiếu giá trị cho --order <LOẠI>"),
        ];
        for (args, words) in cases {
            let text = explained(args, Locale::Vi).unwrap();
            assert!(text.contains(words) && !text.contains("error") && !text.contains("Usage"), "{args:?}: {text}");
        }
        assert!(explained(&["show", "x\u{1b}[2J"], Locale::En).is_some_and(|text| !text.contains('\u{1b}')));
    }

    #[test]
    fn help_and_version_are_no_errors() {
        assert_eq!((explained(&["--help"], Locale::Vi), explained(&["-V"], Locale::Vi)), (None, None));
    }
}

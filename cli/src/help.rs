//! Help in the chosen language, and shell completions. The definitions of the command line contain no text: the help
//! of a command has the key `help-<name>`, that of an argument `help-arg-<id>`, the same in every command.

use clap::{Arg, ArgAction, Command, CommandFactory as _, builder::PossibleValuesParser};
use clap_complete::Shell;

use super::{
    args::Cli,
    exit::{Exit, Failure},
    output::Output,
    typed,
};
use duyet_locale::{Locale, Named};

/// Adds the help texts to a command and its subcommands.
pub(super) fn translate(command: Command, locale: Locale) -> Command {
    let template = format!("{{about}}\n\n{}: {{usage}}\n\n{{all-args}}", locale.text("help-usage"));
    let mut command = command.about(locale.text("help-duyet")).version(env!("CARGO_PKG_VERSION"));
    command = add_help(command, locale, &template);
    command = command.subcommand_help_heading(headings(locale).0).subcommand_value_name(match locale {
        Locale::Vi => "LỆNH",
        Locale::En => "COMMAND",
    });
    let version = Arg::new("version").long("version").short('V').action(ArgAction::Version);
    command = command.disable_version_flag(true).arg(describe(version, locale));
    command.mut_subcommands(|sub| {
        let about = locale.text(&format!("help-{}", sub.get_name()));
        add_help(sub.about(about), locale, &template)
    })
}

pub(super) fn print_completions(output: &Output, shell: Shell) -> Result<Exit, Failure> {
    output.data(&completions(shell, output.locale))?;
    Ok(Exit::Done)
}

fn completions(shell: Shell, locale: Locale) -> String {
    let mut script = vec![];
    // The parsers of names of reasons and rules list no accepted values, but completions need a list.
    let list = |arg: Arg| match named(&arg) {
        Some(named) => arg.value_parser(PossibleValuesParser::new(typed::accepted(named, locale))),
        None => arg,
    };
    let mut command = Cli::command().mut_subcommands(|sub| sub.mut_args(list));
    clap_complete::generate(shell, &mut command, "duyet", &mut script);
    String::from_utf8_lossy(&script).trim_end().to_owned()
}

fn named(arg: &Arg) -> Option<Named> {
    match arg.get_id().as_str() {
        "reason" => Some(Named::Reason),
        "rule" => Some(Named::Rule),
        _ => None,
    }
}

/// Returns the translated placeholder for an argument's value. The parser needs static text here, too.
fn value_name(arg: &Arg, locale: Locale) -> Option<&'static str> {
    let name = arg.get_value_names()?.first()?.as_str();
    let vietnamese = match name {
        "ACTION" => "VIỆC",
        "ARTICLE" | "BAN_ID" | "ID" | "IDS" | "KEY" | "TOKEN" => "MÃ",
        "COMMAND" => "LỆNH",
        "COMPARED" | "LIMIT" | "N" => "SỐ",
        "DAYS" => "NGÀY",
        "DEMAND" | "EFFECT" | "MODE" | "ORDER" | "SHELL" | "SITE_MODE" | "STATUS" | "SUBJECT" | "TERM_STATE"
        | "TIER" => "LOẠI",
        "DIR" => "THƯ-MỤC",
        "FILE" => "TỆP",
        "MINUTES" => "PHÚT",
        "NAME" => "TÊN",
        "PATTERN" | "WORDS" => "TỪ",
        "TEXT" => "LỜI",
        "TIME" => "LÚC",
        _ => return None,
    };
    (locale == Locale::Vi).then_some(vietnamese)
}

/// Returns the headings of commands and arguments. The parser needs static text, so they are not in the message files.
const fn headings(locale: Locale) -> (&'static str, &'static str) {
    match locale {
        Locale::Vi => ("Lệnh", "Tham số"),
        Locale::En => ("Commands", "Arguments"),
    }
}

fn add_help(command: Command, locale: Locale, template: &str) -> Command {
    let help = Arg::new("help").long("help").short('h').action(ArgAction::Help);
    command
        .help_template(template.to_owned())
        .mut_args(|arg| describe(arg, locale))
        .disable_help_flag(true)
        .arg(describe(help, locale))
}

fn describe(arg: Arg, locale: Locale) -> Arg {
    let mut text = locale.text(&format!("help-arg-{}", arg.get_id().as_str().replace('_', "-")));
    let words: Vec<_> = match named(&arg) {
        Some(named) => typed::accepted(named, locale).into_iter().map(str::to_owned).collect(),
        None => arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
    };
    // The parser's own list of values has an English heading. A flag has the values true and false, which are hidden.
    let lists_words = arg.get_action().takes_values() && !words.is_empty();
    if lists_words {
        text = format!("{text} [{}]", words.join(", "));
    }
    let default = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let has_default = arg.get_action().takes_values() && !default.is_empty();
    if has_default {
        text = format!("{text} [{}: {}]", locale.text("help-default"), default.join(", "));
    }
    let arg = if arg.is_positional() { arg.display_order(0) } else { arg };
    let arg = match value_name(&arg, locale) {
        Some(name) => arg.value_name(name),
        None => arg,
    };
    arg.help(text).help_heading(headings(locale).1).hide_possible_values(lists_words).hide_default_value(has_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_argument_is_explained_in_both_languages() {
        for locale in [Locale::Vi, Locale::En] {
            let command = translate(Cli::command(), locale);
            command.clone().debug_assert();
            let all = std::iter::once(&command).chain(command.get_subcommands());
            for command in all {
                let about = command.get_about().unwrap().to_string();
                assert!(!about.starts_with("help-"), "{about}");
                for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                    let help = arg.get_help().unwrap().to_string();
                    assert!(!help.starts_with("help-"), "{}: {help}", command.get_name());
                }
            }
        }
    }

    #[test]
    fn vietnamese_help_has_vietnamese_placeholders() {
        let command = translate(Cli::command(), Locale::Vi);
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            let values = command.get_arguments().filter(|arg| arg.get_action().takes_values() && !arg.is_hide_set());
            for name in values.flat_map(|arg| arg.get_value_names().unwrap_or_default()) {
                let is_english = name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                assert!(!is_english || name == "URL", "{}: {name}", command.get_name());
            }
        }
    }

    #[test]
    fn completions_know_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = completions(shell, Locale::Vi);
            assert!(script.contains("quang-cao") && script.contains("lien-ket"), "{shell}");
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}

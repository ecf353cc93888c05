//! Dispatches to the commands of `duyetd`.

use std::process::ExitCode;

use clap::CommandFactory as _;

use super::{
    arguments::{Arguments, CaptchaCommand, Command, ConfigCommand, KeysCommand, SpamCommand},
    check, commands, doctor,
    runtime::block_on,
    spam, token,
};
use crate::{
    captcha::Wish,
    config::{self, Config, UnknownVariable},
    domain::challenge_level::Level,
    ops::telemetry,
    server,
};

/// Runs the command, prints its error if it fails, and returns the exit code.
pub fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<()> {
    // These commands need no configuration.
    match &arguments.command {
        Some(Command::Keys(KeysCommand::Generate { out })) => return commands::generate_keys(out.as_deref()),
        Some(Command::Captcha(CaptchaCommand::Sample { level, profile, alphabet, count, out })) => {
            let level = if *level == 1 { Level::Normal } else { Level::Hard };
            let wish = Wish { alphabet: *alphabet, profile: *profile, level };
            return commands::draw_samples(wish, *count, out);
        }
        Some(Command::Spam(SpamCommand::Eval { train, test, first, out })) => {
            return spam::evaluate(train, test, *first, out.as_deref());
        }
        _ => {}
    }
    let config = arguments.settings.resolve(arguments.config).map_err(anyhow::Error::msg);
    if let Some(Command::Config(ConfigCommand::Check { connect })) = arguments.command {
        return check::check(&config, &unknown_variables(), connect);
    }
    let config = config?;
    telemetry::start_logs(&config.log).map_err(anyhow::Error::msg)?;
    match arguments.command {
        Some(Command::Config(ConfigCommand::Print)) => commands::print(&config),
        Some(Command::Doctor) => block_on(doctor::run(config)),
        Some(Command::Migrate) => block_on(commands::migrate(config)),
        Some(Command::Token(command)) => block_on(token::run(command, config)),
        _ => block_on(serve(config)),
    }
}

/// Finds the environment variables that look like settings but are not known.
fn unknown_variables() -> Vec<UnknownVariable> {
    let command = Arguments::command();
    let of_arguments = command.get_arguments().filter_map(|argument| argument.get_env());
    let settings: Vec<_> = of_arguments.map(|name| name.to_string_lossy().into_owned()).collect();
    let environment = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    config::unknown_variables(environment, &settings)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    for variable in unknown_variables() {
        tracing::warn!("{variable}");
    }
    let data_dir = config.data_dir.clone();
    server::serve(config, move |running| commands::greet(running, &data_dir)).await
}

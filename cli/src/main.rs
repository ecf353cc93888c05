//! The moderators' client.

use std::process::ExitCode;

fn main() -> ExitCode {
    duyet_cli::run()
}

//! The server.

fn main() -> std::process::ExitCode {
    duyet::daemon::run(duyet::daemon::Arguments::of_process())
}

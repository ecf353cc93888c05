//! The server.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    duyet::daemon::run(duyet::daemon::Arguments::of_process())
}

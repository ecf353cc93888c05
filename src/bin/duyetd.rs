//! The server.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // The allocator asks for no huge pages, but many systems give them unasked: the kernel then fills up again, 2 MiB at a time, what
    // was given back. Where it cannot be told so, that memory is all it costs.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    duyetd::daemon::run(duyetd::daemon::Arguments::of_process())
}

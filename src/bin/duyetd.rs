//! The server program.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // The allocator does not ask for huge pages, but many systems enable transparent huge pages for all processes. With
    // them, the kernel makes memory resident again, 2 MiB at a time, that the allocator has returned. A failure of this
    // call only costs that memory.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    duyetd::daemon::run(duyetd::daemon::Arguments::of_process())
}

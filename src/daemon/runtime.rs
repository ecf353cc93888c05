//! The runtime of one command.

/// Runs `command` to its end.
pub(super) fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(command);
    // A blocking thread that hangs must not keep the process: everything promised is durable by now.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

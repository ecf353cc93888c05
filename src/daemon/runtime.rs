//! The async runtime of a command.

pub(super) fn block_on(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(command);
    // A blocking thread that hangs must not keep the process alive: everything that was confirmed is durable by now.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

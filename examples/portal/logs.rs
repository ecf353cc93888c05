//! Logs of a portal that calls a remote service. An embedded server configures its own logs.

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

/// Logs to stderr, one JSON object per line, without text of readers: drivers log it at debug level, and a panic may
/// quote it.
pub(crate) fn start(filter: &str) -> anyhow::Result<()> {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_span_list(false);
    logs.with_env_filter(parse(filter)?).with_writer(std::io::stderr).init();
    Ok(())
}

/// Parses `DUYET_LOG`. The drivers stay at level warn regardless of it.
fn parse(filter: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(format!("{filter},h2=warn,hyper=warn,tower=warn")).context("DUYET_LOG")
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, write: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let logs = tracing_subscriber::fmt().with_env_filter(parse(filter).unwrap());
        tracing::subscriber::with_default(logs.with_writer(move || writer.clone()).finish(), write);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn drivers_never_log_text_of_readers() {
        let text = logged("trace", || {
            tracing::debug!(target: "h2::codec::framed_write", "reader's text");
            tracing::trace!(target: "hyper::proto", "reader's text");
            tracing::info!(target: "tower::buffer", "reader's text");
            tracing::warn!(target: "h2::proto", "a broken connection");
            tracing::trace!(target: "portal::service", "a call");
        });
        assert!(!text.contains("reader's text"), "{text}");
        assert!(text.contains("a broken connection") && text.contains("a call"), "{text}");
    }

    #[test]
    fn an_invalid_filter_names_its_variable() {
        assert_eq!(parse("=nonsense=").unwrap_err().to_string(), "DUYET_LOG");
    }
}

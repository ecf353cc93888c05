//! Logs: one JSON object per line on stderr. They contain no texts, addresses, answers or tokens.

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// The log filter is invalid.
#[derive(Debug, thiserror::Error)]
#[error("log (DUYET_LOG): {0}")]
pub struct FilterError(ParseError);

/// Checks a filter without starting anything.
///
/// # Errors
/// The filter is invalid.
pub fn check_filter(filter: &str) -> Result<(), FilterError> {
    read_filter(filter).map(drop)
}

fn read_filter(filter: &str) -> Result<EnvFilter, FilterError> {
    // Drivers log statements and addresses at debug level, so their level is fixed here. The filter cannot override it.
    let quiet = "sqlx=warn,h2=warn,hyper=warn,tower=warn,redis=warn";
    EnvFilter::try_new(format!("{filter},{quiet}")).map_err(FilterError)
}

/// Starts logging with a filter such as `info` or `duyet=debug`. A second start in the same process has no effect.
///
/// # Errors
/// The filter is invalid.
pub fn start_logs(filter: &str) -> Result<(), FilterError> {
    let filter = read_filter(filter)?;
    let json = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A panic's message can quote a reader's text, so only its location is logged.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
    let started = tracing_subscriber::registry().with(filter).with(json.with_writer(std::io::stderr)).try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(())
}

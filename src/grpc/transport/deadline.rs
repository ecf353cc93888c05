//! Deadlines: the client's `grpc-timeout` or the server's limit, whichever is shorter. A call that exceeds it is
//! answered with `DEADLINE_EXCEEDED`. tonic's own timeout answers with CANCELLED instead, which clients do not expect.

use std::time::Duration;

use axum::{extract::Request, response::Response};

use super::is_stream;
use crate::{
    domain::Error,
    grpc::{call::locale_of, status::to_status},
};

/// Longest duration of a unary call.
const LONGEST: Duration = Duration::from_secs(10);

/// Runs the call and answers with an error when its deadline passes. Streams have no deadline.
pub(in crate::grpc) async fn enforce<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    if is_stream(request.uri().path()) {
        return next(request).await;
    }
    let asked = request.headers().get("grpc-timeout").and_then(|value| value.to_str().ok()).and_then(parse);
    let locale = locale_of(request.headers());
    match tokio::time::timeout(budget(asked), next(request)).await {
        Ok(response) => response,
        Err(_) => to_status(&Error::Deadline, locale).into_http(),
    }
}

/// Computes how long the call may take. Subtracts 5% (at most 50 ms), so that this response is sent before the timeouts
/// of tonic and of the client expire.
fn budget(asked: Option<Duration>) -> Duration {
    let whole = asked.unwrap_or(LONGEST).min(LONGEST);
    whole.saturating_sub((whole / 20).min(Duration::from_millis(50)))
}

/// Parses `grpc-timeout`: up to 8 digits and a unit, as the gRPC protocol specifies.
fn parse(text: &str) -> Option<Duration> {
    let unit_at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at) && (1..=8).contains(at))?;
    let (digits, unit) = text.split_at(unit_at);
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_parsed_as_the_protocol_specifies() {
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse("99999999H").map(|d| d.as_secs()), Some(99_999_999 * 3_600));
        for wrong in ["", "5", "m", "123456789S", "-1S", "5é"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_shorter_deadline_applies() {
        assert_eq!(budget(Some(Duration::from_millis(100))), Duration::from_millis(95));
        assert_eq!(budget(Some(Duration::from_secs(3_600))), budget(None));
    }
}

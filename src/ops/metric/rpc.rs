//! Rate, errors and duration of RPCs, with the metric names of go-grpc-middleware's Prometheus provider, so that
//! existing dashboards work.

use std::time::Duration;

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};

const STARTED: &str = "grpc_server_started_total";
const HANDLED: &str = "grpc_server_handled_total";
pub(super) const HANDLING: &str = "grpc_server_handling_seconds";

pub(super) fn describe() {
    describe_counter!(STARTED, "RPCs started");
    describe_counter!(HANDLED, "RPCs ended, by gRPC code");
    describe_histogram!(HANDLING, Unit::Seconds, "time per RPC");
}

/// The metrics of one RPC. They are looked up once, because a lookup costs more than an increment. Must be created
/// after the recorder was installed.
pub struct Rpc {
    pub service: &'static str,
    pub method: &'static str,
    started: Counter,
    well: Counter,
    handling: Histogram,
}

/// The gRPC code of a successful call.
const WELL: &str = "OK";

impl Rpc {
    /// Registers the metrics of `/service/method`, which are exported as 0 from then on.
    pub fn new(service: &'static str, method: &'static str) -> Self {
        let handled = |code| counter!(HANDLED, "grpc_service" => service, "grpc_method" => method, "grpc_code" => code);
        Self {
            service,
            method,
            started: counter!(STARTED, "grpc_service" => service, "grpc_method" => method),
            well: handled(WELL),
            handling: histogram!(HANDLING, "grpc_service" => service, "grpc_method" => method),
        }
    }

    /// Counts a call that starts.
    pub fn started(&self) {
        self.started.increment(1);
    }

    /// Counts a call that ended with `code`, and records its duration.
    pub fn handled(&self, code: &'static str, took: Duration) {
        if code == WELL {
            self.well.increment(1);
        } else {
            let (service, method) = (self.service, self.method);
            counter!(HANDLED, "grpc_service" => service, "grpc_method" => method, "grpc_code" => code).increment(1);
        }
        self.handling.record(took.as_secs_f64());
    }
}

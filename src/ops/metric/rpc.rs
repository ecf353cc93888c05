//! RED per RPC, under the names of go-grpc-middleware's provider, so that public dashboards work.

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

/// What is counted of one RPC. Looked up once: that costs more than counting. To be made after the recorder is installed.
pub struct Rpc {
    pub service: &'static str,
    pub method: &'static str,
    started: Counter,
    well: Counter,
    handling: Histogram,
}

/// The code of a call that ended well.
const WELL: &str = "OK";

impl Rpc {
    /// Of `/service/method`; shown as 0 from now on.
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

    /// Counts a call that begins.
    pub fn started(&self) {
        self.started.increment(1);
    }

    /// Counts a call that ended with `code`, and its time.
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

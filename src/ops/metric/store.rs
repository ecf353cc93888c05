//! Metrics of the database.

use metrics::{Unit, describe_gauge, gauge};

use super::number::float;

const STORE_UP: &str = "duyet_store_up";
const LOG_BYTES: &str = "duyet_wal_bytes";

pub(super) fn describe() {
    describe_gauge!(STORE_UP, "1 while the database can be written to");
    describe_gauge!(
        LOG_BYTES,
        Unit::Bytes,
        "size of SQLite's write-ahead log: it grows while another process keeps a read transaction open"
    );
}

/// Sets whether the database can be written to.
pub fn store_up(up: bool) {
    gauge!(STORE_UP).set(if up { 1.0 } else { 0.0 });
}

/// Sets the size of SQLite's write-ahead log.
pub fn log_size(bytes: u64) {
    gauge!(LOG_BYTES).set(float(i64::try_from(bytes).unwrap_or(i64::MAX)));
}

//! Wiring: connect, migrate, build, serve, drain. Nothing imports it but the binaries, the example and the tests.

mod background;
mod components;
mod data_dir;
mod data_dir_lock;
mod database;
mod drain;
mod exposed_secrets;
mod health;
mod keys;
mod listen;
mod outage_reports;
pub mod preflight;
mod reload;
mod running;
mod start;

pub use background::now;
pub use data_dir::check_keyring;
pub use data_dir_lock::{DirLock, lock_data_dir};
pub use database::{migrate, open_existing_store, open_store};
pub use drain::serve;
pub use keys::{admit_keys, fingerprint, open_keys};
pub use running::Running;
pub use start::start;

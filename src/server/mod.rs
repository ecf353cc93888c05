//! Wiring: connect, migrate, build, serve, drain. Nothing imports it but the binaries, the example and the tests.

mod away;
mod background;
mod data_dir;
mod database;
mod drain;
mod exposure;
mod health;
mod keys;
mod listen;
mod lock;
mod parts;
pub mod preflight;
mod reload;
mod running;
mod start;

pub use background::now;
pub use data_dir::check_keyring;
pub use database::{migrate, open_existing_store, open_store};
pub use drain::serve;
pub use keys::{admit_keys, fingerprint, open_keys};
pub use lock::{DirLock, lock_data_dir};
pub use running::Running;
pub use start::start;

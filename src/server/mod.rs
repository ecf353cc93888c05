//! Start and shutdown of the server: connects, migrates, builds the services, serves and drains. Only the programs, the
//! examples and the tests import this module.

mod background;
mod clock;
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

pub use self::{
    clock::now,
    data_dir::check_keyring,
    data_dir_lock::{DirLock, lock_data_dir},
    database::{migrate, open_existing_store, open_store},
    drain::serve,
    keys::{admit_keys, fingerprint, open_keys},
    running::Running,
    start::start,
};

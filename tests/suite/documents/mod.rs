//! The documents beside the code: generated tables are up to date, links lead somewhere, and promises name tests.
//! `UPDATE_DOCS=1 cargo test --test suite documents` writes the generated tables.

mod generated;
mod links;
mod macros;
mod metrics;
mod promises;
mod settings;

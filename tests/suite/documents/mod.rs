//! Compares the documents with the code: generated tables must be up to date, links must have a target, and the tests
//! that promises name must exist. `UPDATE_DOCS=1 cargo test --test suite documents` writes the generated tables.

mod generated;
mod links;
mod macros;
mod metrics;
mod promises;
mod prose;
mod settings;

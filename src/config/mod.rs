//! Settings: flag > environment > TOML file > default, resolved once at start into the values that other modules use.

mod address;
mod check;
mod differences;
mod listeners;
mod problem;
mod resolve;
mod secret;
mod settings;
mod source;
mod store_sizes;
mod toml_text;
mod values;
mod variables;

pub use self::{
    address::{AddressError, ListenAddr},
    problem::{ConfigError, ConfigProblem},
    secret::Secret,
    settings::{Settings, without_empty_variables},
    source::ConfigSource,
    values::Config,
    variables::{UnknownVariable, unknown_variables},
};

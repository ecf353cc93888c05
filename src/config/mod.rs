//! Settings: flag > environment > TOML file > default, resolved once at start into what the other modules take.

mod address;
mod check;
mod differences;
mod listeners;
mod problem;
mod resolve;
mod secret;
mod settings;
mod source;
mod toml_text;
mod values;
mod variables;

pub use address::{AddressError, ListenAddr};
pub use problem::{ConfigError, ConfigProblem};
pub use secret::Secret;
pub use settings::{Settings, without_empty_variables};
pub use source::ConfigSource;
pub use values::Config;
pub use variables::{UnknownVariable, unknown_variables};

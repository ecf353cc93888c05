//! The newsroom's rules, PURE: no async, no I/O, no clock, no randomness.

/// Declares a closed enum whose variants have one upper-case name, used alike in proto, SQL, CLI, metrics and logs.
macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every variant, in the order of the proto.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The one name of this variant.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|one| one.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    format!("`{text}` is none of {}", names.join(", "))
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub mod access;
pub mod actor;
pub mod address;
pub mod answer;
pub mod article;
pub mod article_name;
pub mod audit;
pub mod ban;
pub mod budget;
pub mod case;
pub mod challenge;
mod character;
pub mod claim;
pub mod comment;
pub mod decision;
pub mod error;
pub mod form;
pub mod id;
mod joiners;
pub mod key;
pub mod last_change;
pub mod level;
pub mod lifecycle;
pub mod mode;
pub mod nearest;
pub mod page;
pub mod picture;
pub mod policy;
pub mod privacy;
pub mod pseudonym;
pub mod queue;
pub mod quota;
pub mod rate_limit;
pub mod reason;
pub mod report;
pub mod request;
pub mod revert;
pub mod share;
pub mod site;
pub mod spam;
pub mod stats;
pub mod submission;
pub mod text;
pub mod trust;
pub mod violation;

pub use error::{Error, Result};

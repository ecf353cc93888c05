//! Secrets, which are set as a value or by a file and are never printed.

use std::{fmt, fs, path::PathBuf, str::FromStr};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::problem::ConfigProblem;

/// A secret setting. `Debug` and serialization show only `[redacted]`.
#[derive(Clone)]
pub struct Secret(SecretString);

const REDACTED: &str = "[redacted]";

impl Secret {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Takes the value, or reads `file` and trims its contents. An empty value or path counts as unset.
    ///
    /// # Errors
    /// `SecretAndFile` if both are set, `SecretUnreadable` if the file cannot be read, `SecretEmpty` if it is empty.
    pub(super) fn choose(
        setting: &'static str,
        value: Option<Self>,
        file: Option<PathBuf>,
    ) -> Result<Option<Self>, ConfigProblem> {
        let value = value.filter(|secret| !secret.expose().is_empty());
        let file = file.filter(|path| !path.as_os_str().is_empty());
        match (value, file) {
            (Some(_), Some(_)) => Err(ConfigProblem::SecretAndFile { setting }),
            (value, None) => Ok(value),
            (None, Some(path)) => {
                let text = fs::read_to_string(&path).map_err(|error| ConfigProblem::SecretUnreadable {
                    setting,
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
                let text = text.trim();
                if text.is_empty() {
                    Err(ConfigProblem::SecretEmpty { setting, path })
                } else {
                    Ok(Some(text.parse().unwrap_or_else(|never| match never {})))
                }
            }
        }
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(SecretString::from(text)))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret: Secret = "postgres://u:hunter2@h/d".parse().unwrap();
        assert!(!format!("{secret:?}{}", serde_json::to_string(&secret).unwrap()).contains("hunter2"));
    }

    #[test]
    fn a_secret_given_as_value_and_as_file_is_an_error() {
        assert!(
            Secret::choose("X", "a".parse().ok(), Some("/nowhere".into())).unwrap_err().to_string().contains("X_FILE")
        );
        assert!(Secret::choose("X", "".parse().ok(), None).unwrap().is_none());
    }
}

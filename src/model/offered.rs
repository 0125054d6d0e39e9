//! One model in an upstream's list.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Kind, ModelName};

/// One model in an upstream's list, and what the list tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// Its name.
    pub name: ModelName,
    /// What it is for, if the list says so: better evidence than the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The day on which the provider will end it, if announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Date>,
}

impl Offered {
    /// Nothing but a name.
    pub fn named(name: ModelName) -> Self {
        Self { name, kind: None, ends: None }
    }
}

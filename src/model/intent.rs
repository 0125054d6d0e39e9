//! What is about to be written to a gateway, whole enough to settle or undo it later.

use serde::{Deserialize, Serialize};

use super::{Ability, ChannelRef, Fingerprint, ModelName, Removal, WorkingList};

/// A `channels.models` text that names at least one model, byte for byte as it is to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ListText(String);

impl ListText {
    /// `None` when the text names no model: such a text is never written.
    pub fn parse(raw: &str) -> Option<Self> {
        WorkingList::split(raw).map(|_| Self(raw.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&WorkingList> for ListText {
    fn from(list: &WorkingList) -> Self {
        Self(list.join())
    }
}

impl TryFrom<String> for ListText {
    type Error = &'static str;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        Self::parse(&raw).ok_or("a channel's list cannot be empty")
    }
}

impl From<ListText> for String {
    fn from(text: ListText) -> Self {
        text.0
    }
}

/// A channel's list and its routing rows as they stand in the gateway; rows sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `channels.models` byte for byte.
    pub models: String,
    /// Every row of `abilities` of this channel, sorted.
    pub abilities: Vec<Ability>,
}

/// Which routing rows to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rows {
    /// The cross product the gateway itself would write (gateways' `UpdateAbilities`).
    AsTheGateway,
    /// Exactly these: undo, while the channel's other columns are as they were.
    Exactly(Vec<Ability>),
}

/// What is about to be written to one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The gateway's name in our configuration.
    pub gateway: String,
    /// The round it comes from.
    pub round: Option<i64>,
    /// Which channel.
    pub channel: ChannelRef,
    /// The row the decision was made on; an edit of any column since then wins over us.
    pub fingerprint: Fingerprint,
    /// What stands there now.
    pub before: Image,
    /// The list to write.
    pub models: ListText,
    /// The routing rows to write.
    pub rows: Rows,
    /// Names taken off, and why.
    pub removed: Vec<Removal>,
    /// New names put on.
    pub added: Vec<ModelName>,
    /// Names put back.
    pub restored: Vec<ModelName>,
    /// The change this one takes back.
    pub undoes: Option<i64>,
}

impl Intent {
    /// Whether the list stays byte for byte: only the routing rows are set right (or put back as they were).
    pub fn is_repair(&self) -> bool {
        self.models.as_str() == self.before.models
    }
}

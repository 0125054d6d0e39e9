//! A gateway's channel as we read it, and the routing rows that belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, ModelName, Secret, WorkingList};

/// Which gateway program owns a database. Type numbers and caches differ between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayKind {
    /// songquanpeng/one-api.
    OneApi,
    /// QuantumNous/new-api, old (2025-04) and current.
    NewApi,
    /// Veloera/Veloera, a fork of New API.
    Veloera,
    /// MartialBE/one-hub: its master never re-reads the database.
    OneHub,
    /// deanxv/done-hub, a fork of One Hub.
    DoneHub,
    /// BerriAI/litellm, its proxy: read and written by its API alone. A channel is an upstream account as far as LiteLLM
    /// shows one: the deployments with the same provider, address and credential.
    #[serde(rename = "litellm")]
    LiteLlm,
}

impl GatewayKind {
    /// Whether it belongs to the One Hub family, which keeps no `abilities`.
    pub fn is_hub(self) -> bool {
        match self {
            Self::OneHub | Self::DoneHub => true,
            Self::OneApi | Self::NewApi | Self::Veloera | Self::LiteLlm => false,
        }
    }

    /// Whether it refuses to serve a model that has no price in it.
    pub fn needs_prices(self) -> bool {
        match self {
            Self::NewApi | Self::Veloera => true,
            Self::OneApi | Self::OneHub | Self::DoneHub | Self::LiteLlm => false,
        }
    }
}

impl fmt::Display for GatewayKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneApi => "One API",
            Self::NewApi => "New API",
            Self::Veloera => "Veloera",
            Self::OneHub => "One Hub",
            Self::DoneHub => "Done Hub",
            Self::LiteLlm => "LiteLLM",
        })
    }
}

/// `channels.status`, the same numbers in every gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// 1.
    Enabled,
    /// 2: an admin switched it off; never probed, changed or revived unless configured.
    ManuallyDisabled,
    /// 3: the gateway switched it off.
    AutoDisabled,
    /// Anything else, NULL included (as 0).
    Unknown(i64),
}

impl Status {
    /// From the column's number; NULL is 0.
    pub fn from_column(number: Option<i64>) -> Self {
        match number.unwrap_or(0) {
            1 => Self::Enabled,
            2 => Self::ManuallyDisabled,
            3 => Self::AutoDisabled,
            other => Self::Unknown(other),
        }
    }

    /// The status's name in our store and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::ManuallyDisabled => "disabled",
            Self::AutoDisabled => "auto-disabled",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// `channels.model_mapping`: requested name → upstream name, chains followed to the end (New API).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping(pub BTreeMap<String, String>);

impl Mapping {
    /// The name to send upstream for a requested one. A self-map is the identity; `None` on any other cycle, for
    /// which New API refuses every affected request.
    pub fn resolve(&self, requested: &ModelName) -> Option<ModelName> {
        let mut name = requested.as_str();
        for _ in 0..=self.0.len() {
            match self.0.get(name) {
                Some(next) if next != name => name = next,
                Some(_) | None => return ModelName::parse(name),
            }
        }
        None
    }

    /// Whether the name is an alias of another one.
    pub fn is_alias(&self, requested: &ModelName) -> bool {
        self.0.get(requested.as_str()).is_some_and(|target| target != requested.as_str())
    }
}

/// A salted hash over every column our decision rests on (key and base URL included), so that an edit between
/// reading and writing is seen without keeping the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

/// A key of a multi-key channel that the gateway switched off, or an admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClosedKey {
    /// Which of the channel's keys, from 1.
    pub number: usize,
    /// By whom.
    pub status: Status,
    /// The gateway's words, redacted; empty where it has none.
    pub reason: String,
}

/// One row of `channels`, with what a round needs of it.
#[derive(Clone, Debug)]
pub struct Channel {
    /// `id`. SQLite gateways reuse the id of a deleted highest channel: identity is (id, created).
    pub id: i64,
    /// `created_time`, unix seconds; 0 where NULL.
    pub created: i64,
    /// `name`; empty where NULL.
    pub name: String,
    /// `type`, a number that means different things in different gateways.
    pub type_number: i64,
    /// `status`.
    pub status: Status,
    /// `base_url` as stored: `None` is NULL, which New API treats unlike `''`.
    pub base_url: Option<String>,
    /// The usable keys, split as the gateway splits them, keys that the gateway disabled left out.
    pub keys: Vec<Secret>,
    /// The keys of a multi-key channel (New API) that the gateway itself does not use, ascending.
    pub closed_keys: Vec<ClosedKey>,
    /// The channel was read by an admin API that keeps the key to itself.
    pub key_hidden: bool,
    /// `openai_organization`, sent as `OpenAI-Organization` for OpenAI channels.
    pub organization: Option<String>,
    /// `models` byte for byte; `None` is NULL.
    pub models: Option<String>,
    /// `group` byte for byte; `None` is NULL.
    pub group: Option<String>,
    /// `model_mapping`, or why it cannot be read.
    pub mapping: Result<Mapping, String>,
    /// `other`: per type an API version, account id, region…
    pub other: Option<String>,
    /// New API `setting.proxy`.
    pub proxy: Option<Secret>,
    /// New API `header_override`: plain header → value pairs, `{api_key}` still in place.
    pub headers: BTreeMap<String, Secret>,
    /// New API `settings.upstream_model_update_auto_sync_enabled`: the gateway itself adds models here.
    pub auto_sync: bool,
    /// New API `settings.upstream_model_update_ignored_models`: names the operator does not want added.
    pub ignored_models: Vec<String>,
    /// `test_model`.
    pub test_model: Option<String>,
    /// What the gateway itself says that its models are for (`LiteLLM`: `model_info.mode`).
    pub kinds: BTreeMap<ModelName, Kind>,
    /// Names on its list that nobody can take off by its API, that somebody else changed in part, or that stand for
    /// many models (`LiteLLM`): kept.
    pub fixed: BTreeSet<ModelName>,
    /// Over the row as read.
    pub fingerprint: Fingerprint,
}

impl Channel {
    /// A channel of which nothing is known but its name: enabled, without keys, models or address.
    pub fn bare(name: &str) -> Self {
        Self {
            id: 0,
            created: 0,
            name: name.to_owned(),
            type_number: 0,
            status: Status::Enabled,
            base_url: None,
            keys: vec![],
            closed_keys: vec![],
            key_hidden: false,
            organization: None,
            models: None,
            group: None,
            mapping: Ok(Mapping::default()),
            other: None,
            proxy: None,
            headers: BTreeMap::new(),
            auto_sync: false,
            ignored_models: vec![],
            test_model: None,
            kinds: BTreeMap::new(),
            fixed: BTreeSet::new(),
            fingerprint: Fingerprint(String::new()),
        }
    }

    /// The advertised names in order, cleaned; `None` when the channel advertises nothing.
    pub fn advertised(&self) -> Option<WorkingList> {
        WorkingList::split(self.models.as_deref().unwrap_or_default())
    }

    /// How many keys it has, usable or not.
    pub fn keys_in_all(&self) -> usize {
        self.keys.len() + self.closed_keys.len()
    }

    /// Which of the channel's keys the usable one at `place` is: from 1, as the gateway counts, those it does not use
    /// counted in.
    pub fn key_number(&self, place: usize) -> usize {
        let mut number = place + 1;
        for closed in &self.closed_keys {
            number += usize::from(closed.number <= number);
        }
        number
    }

    /// A name on the list that [`Self::advertised`] leaves out, as it cannot be written back.
    pub fn unwritable_name(&self) -> Option<&str> {
        WorkingList::unwritable(self.models.as_deref().unwrap_or_default())
    }
}

/// One row of `abilities`: a (group, model) that a channel serves. Texts are byte for byte as stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ability {
    /// `group`.
    pub group: String,
    /// `model`.
    pub model: String,
    /// `enabled`; NULL stays NULL.
    pub enabled: Option<bool>,
    /// `priority`.
    pub priority: Option<i64>,
    /// `weight`; `None` also where the gateway has no such column (One API).
    pub weight: Option<i64>,
    /// `tag`; `None` also where the gateway has no such column (One API).
    pub tag: Option<String>,
}

/// An enabled channel serves a model in a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// `abilities.group`.
    pub group: String,
    /// `abilities.model`.
    pub model: ModelName,
    /// `abilities.channel_id`.
    pub channel: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(pairs: &[(&str, &str)]) -> Mapping {
        Mapping(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
    }

    #[test]
    fn keys_are_counted_as_the_gateway_counts_them() {
        let closed = |number| ClosedKey { number, status: Status::AutoDisabled, reason: String::new() };
        let keys = ["a", "c", "f"].map(Secret::new).to_vec();
        let channel = Channel { keys, closed_keys: [2, 4, 5].map(closed).to_vec(), ..Channel::bare("multi") };
        assert_eq!([0, 1, 2].map(|place| channel.key_number(place)), [1, 3, 6]);
        assert_eq!(channel.keys_in_all(), 6);
    }

    #[test]
    fn chains_are_followed_and_cycles_refused() {
        let name = |text| ModelName::parse(text).unwrap();
        let map = mapping(&[("a", "b"), ("b", "c"), ("self", "self"), ("x", "y"), ("y", "x")]);
        assert_eq!(map.resolve(&name("a")), Some(name("c")));
        assert_eq!(map.resolve(&name("self")), Some(name("self")));
        assert_eq!(map.resolve(&name("plain")), Some(name("plain")));
        assert_eq!(map.resolve(&name("x")), None);
        assert!(map.is_alias(&name("a")) && !map.is_alias(&name("self")) && !map.is_alias(&name("c")));
    }
}

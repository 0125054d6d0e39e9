//! What a channel's fields mean, be they columns of its row or members of the admin API's object. Pure.
//!
//! Decides: keys, mapping, headers, proxy, what the gateway does by itself with the channel, and the fingerprint over all
//! that a decision rests on. Must not know: where the fields were read.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::keys::KeyState;
use crate::model::{Channel, Fingerprint, GatewayKind, Mapping, Secret, Status};

/// A channel's fields as they stand in the gateway; `None` is NULL, or a field that this gateway does not have.
#[derive(Clone, Default)]
pub(super) struct Fields {
    pub(super) id: Option<i64>,
    pub(super) created: Option<i64>,
    pub(super) type_number: Option<i64>,
    pub(super) status: Option<i64>,
    pub(super) priority: Option<i64>,
    pub(super) weight: Option<i64>,
    pub(super) name: Option<String>,
    pub(super) key: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) models: Option<String>,
    pub(super) group: Option<String>,
    pub(super) mapping: Option<String>,
    pub(super) other: Option<String>,
    pub(super) setting: Option<String>,
    pub(super) settings: Option<String>,
    pub(super) header_override: Option<String>,
    pub(super) channel_info: Option<String>,
    pub(super) test_model: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) proxy: Option<String>,
    pub(super) model_headers: Option<String>,
    pub(super) config: Option<String>,
    /// The admin API keeps the key to itself.
    pub(super) key_hidden: bool,
}

impl Fields {
    /// The channel, as the gateway of this kind understands its fields.
    pub(super) fn channel(self, kind: GatewayKind, salt: &str) -> Channel {
        // One API keeps there what others have in `other`.
        let config = self.config.filter(|_| kind == GatewayKind::OneApi);
        let other = config_value(config.as_deref(), self.type_number).or(self.other);
        let key_state = KeyState::parse(self.channel_info.as_deref());
        let auto_sync = AutoSync::parse(self.settings.as_deref());
        let mut hash = Fingerprinter::new(salt);
        for number in [self.id, self.created, self.type_number, self.status, self.priority, self.weight] {
            hash.add(number.map(|number| number.to_string()).as_deref());
        }
        for text in [&self.name, &self.key, &self.organization, &self.base_url, &self.models, &self.group] {
            hash.add(text.as_deref());
        }
        for text in [&self.mapping, &other, &self.setting, &self.header_override, &self.test_model, &self.tag] {
            hash.add(text.as_deref());
        }
        for text in [&self.proxy, &self.model_headers] {
            hash.add(text.as_deref());
        }
        hash.add(Some(&format!("{auto_sync:?}")));
        hash.add(key_state.as_ref().map(KeyState::summary).ok().as_deref());

        // Without its headers or keys a channel would be judged by requests the gateway never makes: as unreadable as
        // without its mapping.
        let headers = headers(self.header_override.as_deref().or(self.model_headers.as_deref()));
        let unreadable = key_state.as_ref().err().or(headers.as_ref().err()).cloned();
        let (keys, closed_keys) = key_state.unwrap_or_default().split(self.key.as_deref().unwrap_or_default());
        Channel {
            id: self.id.unwrap_or_default(),
            created: self.created.unwrap_or_default(),
            name: self.name.unwrap_or_default(),
            type_number: self.type_number.unwrap_or_default(),
            status: Status::from_column(self.status),
            base_url: self.base_url,
            keys,
            closed_keys,
            key_hidden: self.key_hidden,
            organization: filled(self.organization),
            models: self.models,
            group: self.group,
            mapping: unreadable.map_or_else(|| mapping(self.mapping.as_deref(), kind), Err),
            other,
            proxy: filled(self.proxy).or_else(|| setting_proxy(self.setting.as_deref())).map(Secret::new),
            headers: headers.unwrap_or_default(),
            auto_sync: auto_sync.enabled,
            ignored_models: auto_sync.ignored,
            test_model: filled(self.test_model),
            kinds: BTreeMap::new(),
            fingerprint: hash.finish(),
        }
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// `model_mapping`: New API follows chains, the others take one step.
fn mapping(text: Option<&str>, kind: GatewayKind) -> Result<Mapping, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(Mapping::default()) };
    let pairs: Option<BTreeMap<String, String>> =
        serde_json::from_str(text).map_err(|error| format!("model_mapping is not a JSON object of texts: {error}"))?;
    let mut pairs = pairs.unwrap_or_default();
    match kind {
        GatewayKind::NewApi | GatewayKind::Veloera => return Ok(Mapping(pairs)),
        GatewayKind::OneApi | GatewayKind::LiteLlm => {}
        // "Bill as the requested name."
        GatewayKind::OneHub | GatewayKind::DoneHub => pairs.values_mut().for_each(|target| {
            if let Some(plain) = target.strip_prefix('+') {
                *target = plain.to_owned();
            }
        }),
    }
    let chained = |(name, target): &(&String, &String)| {
        name != target && pairs.get(*target).is_some_and(|further| further != *target)
    };
    match pairs.iter().find(chained) {
        Some((name, target)) => Err(format!(
            "model_mapping leads from {name:?} to {target:?} and on, but {kind} takes one step only: name the last \
             model directly"
        )),
        None => Ok(Mapping(pairs)),
    }
}

/// New API `header_override`, One Hub `model_headers`: the plain pairs. Pass-through patterns and values taken from the
/// client's request have no meaning in a probe.
fn headers(text: Option<&str>) -> Result<BTreeMap<String, Secret>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(BTreeMap::new()) };
    let pairs: Option<BTreeMap<String, Value>> =
        serde_json::from_str(text).map_err(|error| format!("header_override is not a JSON object: {error}"))?;
    let plain = |(name, value): (String, Value)| match value {
        Value::String(value) if name != "*" && !name.starts_with("regex:") && !value.contains("{client_header:") => {
            Some((name, Secret::new(value)))
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(pairs.unwrap_or_default().into_iter().filter_map(plain).collect())
}

/// One API `config`: an API version, or Cloudflare's (type 37) account.
fn config_value(text: Option<&str>, type_number: Option<i64>) -> Option<String> {
    let config: Value = serde_json::from_str(text?).ok()?;
    let field = if type_number == Some(37) { "user_id" } else { "api_version" };
    filled(config[field].as_str().map(str::to_owned))
}

/// New API `setting.proxy`. A malformed `setting` is an empty one to the gateway too.
fn setting_proxy(text: Option<&str>) -> Option<String> {
    let setting: Value = serde_json::from_str(text?).ok()?;
    filled(setting["proxy"].as_str().map(str::to_owned))
}

/// What of New API `settings` concerns us; the rest of it changes with every check the gateway makes.
#[derive(Debug, Default)]
struct AutoSync {
    enabled: bool,
    ignored: Vec<String>,
}

impl AutoSync {
    fn parse(text: Option<&str>) -> Self {
        let settings: Value = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let ignored = settings["upstream_model_update_ignored_models"].as_array().into_iter().flatten();
        Self {
            enabled: settings["upstream_model_update_auto_sync_enabled"].as_bool().unwrap_or_default(),
            ignored: ignored.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        }
    }
}

/// A salted hash of columns in order; NULL and '' differ, and no two rows run together.
pub(super) struct Fingerprinter(Sha256);

impl Fingerprinter {
    pub(super) fn new(salt: &str) -> Self {
        let mut this = Self(Sha256::new());
        this.add(Some(salt));
        this
    }

    pub(super) fn add(&mut self, column: Option<&str>) {
        match column {
            None => self.0.update([0]),
            Some(text) => {
                self.0.update([1]);
                self.0.update((text.len() as u64).to_le_bytes());
                self.0.update(text);
            }
        }
    }

    /// 128 bits in hexadecimal.
    pub(super) fn finish(self) -> Fingerprint {
        use std::fmt::Write as _;
        let mut hex = String::with_capacity(32);
        for byte in self.0.finalize().iter().take(16) {
            let _ = write!(hex, "{byte:02x}");
        }
        Fingerprint(hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_read_as_the_gateway_reads_them() {
        let chain = r#"{"a":"b","b":"c","s":"s"}"#;
        assert_eq!(mapping(Some(chain), GatewayKind::NewApi).unwrap().0.len(), 3);
        assert!(mapping(Some(chain), GatewayKind::OneApi).unwrap_err().contains("one step"));
        assert_eq!(mapping(Some(r#"{"a":"+b"}"#), GatewayKind::OneHub).unwrap().0["a"], "b");
        for nothing in [None, Some(""), Some("{}"), Some("null")] {
            assert_eq!(mapping(nothing, GatewayKind::NewApi), Ok(Mapping::default()));
        }
        for broken in ["{", "[]", r#"{"a":1}"#] {
            assert!(mapping(Some(broken), GatewayKind::NewApi).unwrap_err().contains("model_mapping"));
        }
    }

    #[test]
    fn one_apis_config_holds_what_others_have_in_other() {
        let config = r#"{"region":"","api_version":"2024-10-21","user_id":"acc"}"#;
        assert_eq!(config_value(Some(config), Some(3)).as_deref(), Some("2024-10-21"));
        assert_eq!(config_value(Some(config), Some(37)).as_deref(), Some("acc"));
        for nothing in [None, Some(""), Some("{}"), Some("[]"), Some(r#"{"api_version":""}"#)] {
            assert_eq!(config_value(nothing, Some(3)), None);
        }
    }

    #[test]
    fn only_plain_headers_are_taken() {
        let text = r#"{"X-Org":"a {api_key}","*":true,"regex:^X-":"","Trace":"{client_header:Trace}"}"#;
        let taken = headers(Some(text)).unwrap();
        assert_eq!(taken.into_iter().collect::<Vec<_>>(), [("X-Org".to_owned(), Secret::new("a {api_key}"))]);
        assert!(headers(Some("nope")).is_err());
    }

    #[test]
    fn fingerprints_tell_null_empty_and_shifted_texts_apart() {
        let of = |columns: &[Option<&str>]| {
            let mut hash = Fingerprinter::new("salt");
            for column in columns {
                hash.add(*column);
            }
            hash.finish()
        };
        let all =
            [of(&[None, Some("")]), of(&[Some(""), None]), of(&[Some("a"), Some("b")]), of(&[Some("ab"), Some("")])];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), 4);
        assert!(all.iter().all(|hash| hash.0.len() == 32));
    }
}

//! The columns of `channels` that we read, and what a row of them means.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::keys::KeyState;
use super::sql::Row;
use super::{Schema, Unreadable};
use crate::model::{Channel, ChannelRef, Fingerprint, GatewayKind, Mapping, Secret, Status};

const INTS: [&str; 6] = ["id", "created_time", "type", "status", "priority", "weight"];
const TEXTS: [&str; 17] = [
    "name",
    "key",
    "openai_organization",
    "base_url",
    "models",
    "group",
    "model_mapping",
    "other",
    "setting",
    "settings",
    "header_override",
    "channel_info",
    "test_model",
    "tag",
    "proxy",
    "model_headers",
    "config",
];

/// A channel, and what its routing rows take from it.
pub(super) struct ChannelRow {
    pub(super) channel: Channel,
    pub(super) priority: Option<i64>,
    pub(super) weight: Option<i64>,
    pub(super) tag: Option<String>,
}

/// `SELECT … FROM channels WHERE`, with NULL for columns that this gateway does not have.
pub(super) fn select(schema: &Schema) -> String {
    let engine = schema.engine;
    let name = |column: &str| if schema.has(column) { engine.quote(column) } else { "NULL".to_owned() };
    let ints = INTS.iter().map(|column| engine.int(&name(column)));
    let texts = TEXTS.iter().map(|column| engine.text(&name(column)));
    let list: Vec<_> = ints.chain(texts).collect();
    let living = if schema.has("deleted_at") { "deleted_at IS NULL AND " } else { "" };
    format!("SELECT {} FROM channels WHERE {living}", list.join(", "))
}

/// Reads a row of [`select`].
pub(super) fn read(row: &Row, kind: GatewayKind, salt: &str) -> Result<ChannelRow, sqlx::Error> {
    let int = |i| row.int(i);
    let text = |i: usize| row.text(INTS.len() + i);
    let (id, created, type_number, status) = (int(0)?, int(1)?, int(2)?, int(3)?);
    let (priority, weight) = (int(4)?, int(5)?);
    let (name, key, organization, base_url) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let (models, group, mapping, other) = (text(4)?, text(5)?, text(6)?, text(7)?);
    let (setting, settings, header_override, channel_info) = (text(8)?, text(9)?, text(10)?, text(11)?);
    let (test_model, tag, proxy, model_headers) = (text(12)?, text(13)?, text(14)?, text(15)?);
    // One API keeps there what others have in `other`.
    let config = text(16)?.filter(|_| kind == GatewayKind::OneApi);
    let other = config_value(config.as_deref(), type_number).or(other);

    let key_state = KeyState::parse(channel_info.as_deref());
    let auto_sync = AutoSync::parse(settings.as_deref());
    let mut hash = Fingerprinter::new(salt);
    for number in [id, created, type_number, status, priority, weight] {
        hash.add(number.map(|number| number.to_string()).as_deref());
    }
    for column in [&name, &key, &organization, &base_url, &models, &group, &mapping, &other, &setting] {
        hash.add(column.as_deref());
    }
    for column in [&header_override, &test_model, &tag, &proxy, &model_headers] {
        hash.add(column.as_deref());
    }
    hash.add(Some(&format!("{auto_sync:?}")));
    hash.add(key_state.as_ref().map(KeyState::summary).ok().as_deref());

    // Without its headers or keys a channel would be judged by requests the gateway never makes: as unreadable as
    // without its mapping.
    let headers = headers(header_override.as_deref().or(model_headers.as_deref()));
    let unreadable = key_state.as_ref().err().or(headers.as_ref().err()).cloned();
    let channel = Channel {
        id: id.unwrap_or_default(),
        created: created.unwrap_or_default(),
        name: name.unwrap_or_default(),
        type_number: type_number.unwrap_or_default(),
        status: Status::from_column(status),
        base_url,
        keys: key_state.unwrap_or_default().usable(key.as_deref().unwrap_or_default()),
        organization: filled(organization),
        models,
        group,
        mapping: unreadable.map_or_else(|| self::mapping(mapping.as_deref(), kind), Err),
        other,
        proxy: filled(proxy).or_else(|| setting_proxy(setting.as_deref())).map(Secret::new),
        headers: headers.unwrap_or_default(),
        auto_sync: auto_sync.enabled,
        ignored_models: auto_sync.ignored,
        test_model: filled(test_model),
        fingerprint: hash.finish(),
    };
    Ok(ChannelRow { channel, priority, weight, tag })
}

/// What can be told of a row that [`read`] refused.
pub(super) fn unreadable(row: &Row, error: &sqlx::Error) -> Result<Unreadable, sqlx::Error> {
    let place = if let sqlx::Error::ColumnDecode { index, .. } = error { index.parse::<usize>().ok() } else { None };
    let column = place.and_then(|place| INTS.iter().chain(&TEXTS).nth(place));
    let channel = ChannelRef {
        id: row.int(0)?.unwrap_or_default(),
        created: row.int(1)?.unwrap_or_default(),
        name: row.text(INTS.len()).ok().flatten().unwrap_or_default(),
    };
    let column = column.map_or_else(String::new, |column| format!(", in column {column}"));
    Ok(Unreadable {
        channel,
        why: format!("its row holds what is no UTF-8 text{column}: set that right in the gateway"),
    })
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
        GatewayKind::OneApi => {}
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
struct Fingerprinter(Sha256);

impl Fingerprinter {
    fn new(salt: &str) -> Self {
        let mut this = Self(Sha256::new());
        this.add(Some(salt));
        this
    }

    fn add(&mut self, column: Option<&str>) {
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
    fn finish(self) -> Fingerprint {
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

//! Every key that ChannelMonitor's `config.json` / `config.yaml` can have, in the types its Go program takes.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// The file. Every key may be left out or null, which Go reads as the zero value.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Keys {
    pub(super) oneapi_type: Option<String>,
    pub(super) exclude_channel: Option<Vec<Count>>,
    pub(super) exclude_model: Option<Vec<String>>,
    pub(super) models: Option<Vec<String>>,
    pub(super) force_models: Option<bool>,
    pub(super) force_inside_models: Option<bool>,
    pub(super) time_period: Option<String>,
    pub(super) max_concurrent: Option<Count>,
    /// The README's name for `max_concurrent`.
    pub(super) max_concurrency: Option<Count>,
    pub(super) rps: Option<Count>,
    pub(super) rpm: Option<Count>,
    pub(super) timeout: Option<Seconds>,
    pub(super) db_type: Option<String>,
    pub(super) db_dsn: Option<String>,
    pub(super) do_not_modify_db: Option<bool>,
    pub(super) base_url: Option<String>,
    pub(super) system_token: Option<String>,
    #[serde(rename = "uptime-kuma")]
    pub(super) uptime_kuma: Option<UptimeKuma>,
    pub(super) notification: Option<Notification>,
}

/// Push monitors.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UptimeKuma {
    pub(super) status: Option<String>,
    pub(super) model_url: Option<BTreeMap<String, String>>,
    pub(super) channel_url: Option<BTreeMap<String, String>>,
}

/// Mail and Telegram.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Notification {
    pub(super) smtp: Option<Smtp>,
    pub(super) webhook: Option<Webhook>,
}

/// Mail.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Smtp {
    pub(super) enabled: Option<bool>,
    pub(super) host: Option<String>,
    pub(super) port: Option<Count>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// Telegram.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Webhook {
    pub(super) enabled: Option<bool>,
    pub(super) r#type: Option<String>,
    pub(super) telegram: Option<Telegram>,
    pub(super) secret: Option<String>,
}

/// The chat.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Telegram {
    pub(super) chat_id: Option<Text>,
    pub(super) retry: Option<Count>,
}

/// A whole number, or a text that is one.
#[derive(Clone, Copy, JsonSchema)]
pub(super) struct Count(pub(super) i64);

/// A number of seconds, or a Go duration.
#[derive(Clone, JsonSchema)]
pub(super) struct Seconds(pub(super) String);

/// A text, or a number that stands for one.
#[derive(JsonSchema)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(Scalar)?;
        text.trim().parse().map(Self).map_err(|_| de::Error::custom("invalid value: text, expected i64"))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar).map(Self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scalar).map(Self)
    }
}

/// The text of a number or text.
struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

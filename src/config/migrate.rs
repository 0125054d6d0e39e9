//! Ours, written as JSON5: only what differs from the defaults, with a comment where a value came from elsewhere.

use std::fmt::Write as _;

use serde_json::Value;

use super::outline::KeyPath;
use super::{Config, ConfigError, GatewayConfig, ReceiverConfig, SecretRef};

/// The text for a configuration that was imported with these notes and origins.
pub(super) fn write(
    config: &Config,
    notes: &[String],
    origins: &[(KeyPath, &'static str)],
) -> Result<String, ConfigError> {
    let value = |value: serde_json::Result<Value>| {
        value.map_err(|error| ConfigError::Unwritable { message: error.to_string() })
    };
    let mut all = value(serde_json::to_value(config))?;
    let mut default = value(serde_json::to_value(Config::default()))?;
    let as_written = |secret: Option<&SecretRef>| -> Value { secret.map(SecretRef::as_written).into() };
    for (name, gateway) in &config.gateways {
        // A serialised secret is blanked; here the configuration itself is written.
        let written = &mut all["gateways"][name];
        written["database"] = as_written(gateway.database.as_ref());
        written["logs"]["database"] = as_written(gateway.logs.database.as_ref());
        if let Some(api) = &gateway.api {
            written["api"]["token"] = as_written(Some(&api.token));
            written["api"]["user_key"] = as_written(api.user_key.as_ref());
        }
        let plain = GatewayConfig::new(SecretRef::literal(""));
        default["gateways"][name] = value(serde_json::to_value(plain))?;
    }
    for (name, receiver) in &config.notify.receivers {
        let written = &mut all["notify"]["receivers"][name];
        if let Some(mail) = &receiver.mail {
            written["mail"]["password"] = as_written(mail.password.as_ref());
        }
        if let Some(telegram) = &receiver.telegram {
            written["telegram"]["token"] = as_written(Some(&telegram.token));
        }
        default["notify"]["receivers"][name] = value(serde_json::to_value(ReceiverConfig::default()))?;
    }
    for (key, urls) in [("model_url", &config.uptime_kuma.model_url), ("channel_url", &config.uptime_kuma.channel_url)]
    {
        for (name, url) in urls {
            all["uptime_kuma"][key][name] = as_written(Some(url));
        }
    }
    let mut writer = Writer { out: String::new(), origins };
    writer.out.push_str(
        "// Made by `channelwarden config migrate`; what is not written has its default (config.example.json5).\n",
    );
    for note in notes {
        let _ = writeln!(writer.out, "// - {note}");
    }
    writer.object(&all, &default, &KeyPath::default(), 0);
    writer.out.push('\n');
    Ok(writer.out)
}

struct Writer<'a> {
    out: String,
    origins: &'a [(KeyPath, &'static str)],
}

impl Writer<'_> {
    fn origin(&self, path: &KeyPath) -> Option<&'static str> {
        self.origins.iter().find(|(ours, _)| ours == path).map(|(_, theirs)| *theirs)
    }

    /// Whether the value, or one below it, differs from its default or came from elsewhere.
    fn says_something(&self, value: &Value, default: &Value, path: &KeyPath) -> bool {
        value != default || self.origins.iter().any(|(ours, _)| ours.0.starts_with(&path.0))
    }

    fn object(&mut self, value: &Value, default: &Value, path: &KeyPath, depth: usize) {
        let indent = "  ".repeat(depth + 1);
        self.out.push_str("{\n");
        for (key, inner) in value.as_object().into_iter().flatten() {
            let (child, inner_default) = (path.child(key.clone()), default.get(key).unwrap_or(&Value::Null));
            if !self.says_something(inner, inner_default, &child) {
                continue;
            }
            let bare = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let name = if bare { key.clone() } else { Value::from(key.clone()).to_string() };
            let _ = write!(self.out, "{indent}{name}: ");
            if inner.is_object() {
                self.object(inner, inner_default, &child, depth + 1);
            } else {
                self.out.push_str(&inner.to_string());
            }
            self.out.push(',');
            if let Some(theirs) = self.origin(&child) {
                let _ = write!(self.out, " // {theirs}");
            }
            self.out.push('\n');
        }
        self.out.push_str(&"  ".repeat(depth));
        self.out.push('}');
    }
}

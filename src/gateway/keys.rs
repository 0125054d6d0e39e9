//! Which keys of a channel are usable, split as the gateway splits them. Pure.

use serde_json::Value;

use crate::model::Secret;

/// New API's `channel_info`, as far as keys go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyState {
    multi: bool,
    /// Indexes with a status other than enabled, ascending.
    disabled: Vec<usize>,
}

impl KeyState {
    /// From the column's text. NULL and nothing is a single key.
    ///
    /// # Errors
    /// What is wrong with the JSON; the gateway itself cannot load such a channel.
    pub(super) fn parse(channel_info: Option<&str>) -> Result<Self, String> {
        let Some(text) = channel_info.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let info: Value = serde_json::from_str(text).map_err(|error| format!("channel_info is not JSON: {error}"))?;
        let enabled = |status: &Value| status.as_i64() == Some(1);
        let mut disabled: Vec<usize> = info["multi_key_status_list"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, status)| !enabled(status))
            .filter_map(|(index, _)| index.parse().ok())
            .collect();
        disabled.sort_unstable();
        Ok(Self { multi: info["is_multi_key"].as_bool().unwrap_or_default(), disabled })
    }

    /// What of it a fingerprint covers: `channel_info` also holds a counter that every request moves.
    pub(super) fn summary(&self) -> String {
        format!("{} {:?}", self.multi, self.disabled)
    }

    /// The keys to ask with.
    ///
    /// A channel that is not multi-key has one key, whatever is in it. With a line break in it that key cannot be sent
    /// as a header: each line is then taken as a key of its own, as people mean it who paste several.
    pub(super) fn usable(&self, raw: &str) -> Vec<Secret> {
        let raw = raw.trim();
        let array = || match serde_json::from_str(raw) {
            // An element counts as its JSON text: the gateway sends strings with their quotes.
            Ok(Value::Array(elements)) => Some(elements.iter().map(Value::to_string).collect::<Vec<_>>()),
            Ok(_) | Err(_) => None,
        };
        let keys = if self.multi && raw.starts_with('[') { array() } else { None };
        let keys = keys.unwrap_or_else(|| raw.split('\n').map(|line| line.trim().to_owned()).collect());
        let enabled = |index: &usize| !self.multi || !self.disabled.contains(index);
        (0..)
            .zip(keys)
            .filter(|(index, key)| enabled(index) && !key.is_empty())
            .map(|(_, key)| Secret::new(key))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(info: Option<&str>, raw: &str) -> Vec<String> {
        KeyState::parse(info).unwrap().usable(raw).iter().map(|key| key.expose().to_owned()).collect()
    }

    #[test]
    fn a_single_key_is_trimmed_and_lines_are_keys() {
        assert_eq!(usable(None, " sk-1\n"), ["sk-1"]);
        assert_eq!(usable(Some(r#"{"is_multi_key":false}"#), "sk-1\r\n\nsk-2"), ["sk-1", "sk-2"]);
        assert_eq!(usable(None, "[1]"), ["[1]"], "only a multi-key channel has a JSON array of keys");
        assert_eq!(usable(Some(""), ""), [""; 0]);
    }

    #[test]
    fn disabled_keys_of_a_multi_key_channel_are_left_out() {
        let info = r#"{"is_multi_key":true,"multi_key_size":3,"multi_key_status_list":{"1":3,"2":1}}"#;
        assert_eq!(usable(Some(info), "sk-1\nsk-2\nsk-3\n"), ["sk-1", "sk-3"]);
        let array = r#"[{"a": 1}, "sk-2", "sk-3"]"#;
        assert_eq!(usable(Some(info), array), [r#"{"a":1}"#, r#""sk-3""#]);
    }

    #[test]
    fn the_polling_counter_is_not_part_of_the_summary() {
        let at =
            |n| KeyState::parse(Some(&format!(r#"{{"is_multi_key":true,"multi_key_polling_index":{n}}}"#))).unwrap();
        assert_eq!(at(1).summary(), at(2).summary());
        assert!(KeyState::parse(Some("{")).is_err());
    }
}

//! Which keys of a channel are usable, split as the gateway splits them. Pure.

use serde_json::Value;

use crate::model::{ClosedKey, Secret, Status, redact};

/// New API's `channel_info`, as far as keys go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyState {
    multi: bool,
    /// Keys with a status other than enabled, ascending.
    closed: Vec<ClosedKey>,
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
        let multi = info["is_multi_key"].as_bool().unwrap_or_default();
        let closed = |(index, status): (&String, &Value)| {
            let status = Status::from_column(status.as_i64());
            let number = index.parse::<usize>().ok()?.checked_add(1)?;
            let reason = info["multi_key_disabled_reason"][index].as_str().unwrap_or_default();
            (status != Status::Enabled).then(|| ClosedKey { number, status, reason: redact(reason, &[]) })
        };
        let statuses = info["multi_key_status_list"].as_object().into_iter().flatten();
        let mut closed: Vec<_> = statuses.filter(|_| multi).filter_map(closed).collect();
        closed.sort_by_key(|key| key.number);
        Ok(Self { multi, closed })
    }

    /// What of it a fingerprint covers: `channel_info` also holds a counter that every request moves.
    pub(super) fn summary(&self) -> String {
        format!("{} {:?}", self.multi, self.closed.iter().map(|key| key.number - 1).collect::<Vec<_>>())
    }

    /// The keys to ask with, and those that the gateway does not use.
    ///
    /// A channel that is not multi-key has one key, whatever is in it. With a line break in it that key cannot be sent
    /// as a header: each line is then taken as a key of its own, as people mean it who paste several.
    pub(super) fn split(self, raw: &str) -> (Vec<Secret>, Vec<ClosedKey>) {
        let raw = raw.trim();
        let array = || match serde_json::from_str(raw) {
            // An element counts as its JSON text: the gateway sends strings with their quotes.
            Ok(Value::Array(elements)) => Some(elements.iter().map(Value::to_string).collect::<Vec<_>>()),
            Ok(_) | Err(_) => None,
        };
        let keys = if self.multi && raw.starts_with('[') { array() } else { None };
        let keys = keys.unwrap_or_else(|| raw.split('\n').map(|line| line.trim().to_owned()).collect());
        let in_all = keys.len();
        let is_open = |number: &usize| !self.closed.iter().any(|key| key.number == *number);
        let usable = (1..).zip(keys).filter(|(number, key)| is_open(number) && !key.is_empty());
        let usable = usable.map(|(_, key)| Secret::new(key)).collect();
        // A status that was left behind by a key that is no more.
        (usable, self.closed.into_iter().filter(|key| key.number <= in_all).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(info: Option<&str>, raw: &str) -> Vec<String> {
        KeyState::parse(info).unwrap().split(raw).0.iter().map(|key| key.expose().to_owned()).collect()
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
    fn a_closed_key_is_named_with_its_reason_and_without_itself() {
        let info = r#"{"is_multi_key":true,"multi_key_status_list":{"2":2,"0":3,"7":3},
            "multi_key_disabled_reason":{"0":"status code 401: Incorrect API key sk-canary00000000"}}"#;
        let (usable, closed) = KeyState::parse(Some(info)).unwrap().split("sk-1\nsk-2\nsk-3");
        assert_eq!(usable, [Secret::new("sk-2")]);
        let told: Vec<_> = closed.iter().map(|key| (key.number, key.status, key.reason.as_str())).collect();
        let reason = "status code 401: Incorrect API key ***";
        assert_eq!(told, [(1, Status::AutoDisabled, reason), (3, Status::ManuallyDisabled, "")]);
    }

    #[test]
    fn the_polling_counter_is_not_part_of_the_summary() {
        let at =
            |n| KeyState::parse(Some(&format!(r#"{{"is_multi_key":true,"multi_key_polling_index":{n}}}"#))).unwrap();
        assert_eq!(at(1).summary(), at(2).summary());
        assert!(KeyState::parse(Some("{")).is_err());
    }
}

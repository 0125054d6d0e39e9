//! A channel as the admin API shows it: a JSON object, each member byte for byte as it came.
//!
//! Decides: how its members become a channel's fields, and that only `models` differs in what goes back. Must not know:
//! which call it came from. Pure.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::gateway::fields::Fields;
use crate::gateway::{Read, Unreadable};
use crate::model::{ChannelRef, GatewayKind};

/// A channel's object. A gateway that overwrites every column from what it is sent must get back what it gave, down to
/// members of versions to come, numbers no `f64` holds, and null where nothing would do as well: so nothing is understood
/// that need not be. It has no `Debug`: it may hold a key.
pub(super) struct Object(Vec<(String, Box<RawValue>)>);

impl Object {
    /// From an element of a list, or the `data` of one channel.
    ///
    /// # Errors
    /// It is no object.
    pub(super) fn parse(raw: &RawValue) -> Result<Self, Unreadable> {
        serde_json::from_str(raw.get()).map_err(|_| Unreadable {
            channel: ChannelRef { id: 0, created: 0, name: String::new() },
            why: "the admin API gave something else than an object for it".to_owned(),
        })
    }

    /// The channel's number; 0 where it has none.
    pub(super) fn id(&self) -> i64 {
        self.int("id").ok().flatten().unwrap_or_default()
    }

    /// Whether it has such a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// A member's text; `None` where there is none, or something else.
    pub(super) fn plain(&self, name: &str) -> Option<String> {
        self.text(name).ok().flatten()
    }

    /// The channel. `key_hidden`: this gateway keeps keys to itself.
    pub(super) fn channel(&self, kind: GatewayKind, key_hidden: bool, salt: &str) -> Read {
        match self.fields(key_hidden) {
            Ok(fields) => Ok(fields.channel(kind, salt)),
            Err(why) => Err(Unreadable {
                channel: ChannelRef {
                    id: self.id(),
                    created: self.int("created_time").ok().flatten().unwrap_or_default(),
                    name: self.plain("name").unwrap_or_default(),
                },
                why: format!("the admin API's object of it cannot be read: {why}"),
            }),
        }
    }

    /// The same with another list, as JSON.
    pub(super) fn with_models(&self, models: &str) -> Result<String, serde_json::Error> {
        let list = to_raw_value(models)?;
        let swap = |(name, value): &(String, Box<RawValue>)| {
            (name.clone(), if name == "models" { list.clone() } else { value.clone() })
        };
        serde_json::to_string(&Self(self.0.iter().map(swap).collect()))
    }

    fn fields(&self, key_hidden: bool) -> Result<Fields, String> {
        let id = self.int("id")?.ok_or("it has no id")?;
        Ok(Fields {
            id: Some(id),
            created: self.int("created_time")?,
            type_number: self.int("type")?,
            status: self.int("status")?,
            priority: self.int("priority")?,
            weight: self.int("weight")?,
            name: self.text("name")?,
            key: if key_hidden { None } else { self.text("key")? },
            organization: self.text("openai_organization")?,
            base_url: self.text("base_url")?,
            models: self.text("models")?,
            group: self.text("group")?,
            mapping: self.text("model_mapping")?,
            other: self.text("other")?,
            setting: self.text("setting")?,
            settings: self.text("settings")?,
            header_override: self.text("header_override")?,
            channel_info: self.text("channel_info")?,
            test_model: self.text("test_model")?,
            tag: self.text("tag")?,
            proxy: self.text("proxy")?,
            model_headers: self.text("model_headers")?,
            config: self.text("config")?,
            key_hidden,
        })
    }

    /// A member's JSON. Of several of one name the last counts, as in the gateway.
    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(member, _)| member == name).map(|(_, value)| value.get())
    }

    fn int(&self, name: &str) -> Result<Option<i64>, String> {
        match self.raw(name) {
            None | Some("null") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| format!("{name} is no whole number")),
        }
    }

    /// A member that is a text column: its text, or the JSON that the gateway keeps there.
    fn text(&self, name: &str) -> Result<Option<String>, String> {
        match self.raw(name) {
            None | Some("null") => Ok(None),
            Some(json) if json.starts_with(['{', '[']) => Ok(Some(json.to_owned())),
            Some(json) => serde_json::from_str(json).map(Some).map_err(|_| format!("{name} is no text")),
        }
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = vec![];
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        from.deserialize_map(Members)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(json: &str) -> Object {
        Object::parse(&RawValue::from_string(json.to_owned()).unwrap()).ok().unwrap()
    }

    #[test]
    fn members_become_fields() {
        let json = r#"{"id":7,"created_time":1700000000,"type":1,"status":1,"priority":null,"weight":2,"name":"n\u00e9",
            "key":"sk-1","models":"a, b","group":"default","base_url":null,"setting":"{\"proxy\":\"http://p:1\"}",
            "channel_info":{"is_multi_key":true,"multi_key_status_list":{"1":2}}}"#;
        let shown = object(json).channel(GatewayKind::OneHub, false, "").unwrap();
        assert_eq!((shown.id, shown.created, shown.name.as_str()), (7, 1_700_000_000, "né"));
        assert_eq!((shown.models.as_deref(), shown.base_url), (Some("a, b"), None));
        assert_eq!(shown.keys.iter().map(crate::model::Secret::expose).collect::<Vec<_>>(), ["sk-1"]);
        assert_eq!(shown.proxy.unwrap().expose(), "http://p:1");

        let hidden = object(json).channel(GatewayKind::NewApi, true, "").unwrap();
        assert!(hidden.key_hidden && hidden.keys.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_and_shows_no_key() {
        for (json, says) in [
            (r#"{"id":7,"name":"n","key":"sk-secret","models":5}"#, "models is no text"),
            (r#"{"id":7,"name":"n","key":"sk-secret","status":1.5}"#, "status is no whole number"),
            (r#"{"name":"n","key":"sk-secret"}"#, "no id"),
        ] {
            let unreadable = object(json).channel(GatewayKind::OneHub, false, "").unwrap_err();
            assert!(unreadable.why.contains(says) && !unreadable.why.contains("secret"), "{}", unreadable.why);
            assert_eq!(unreadable.channel.name, "n");
        }
        assert!(Object::parse(&RawValue::from_string("[1]".to_owned()).unwrap()).is_err());
    }

    /// JSON that no struct of ours foresees: numbers that no `f64` holds among it.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|is| is.to_string()),
            "-?[1-9][0-9]{0,30}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
            ".{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
                prop::collection::vec(("[a-z]{1,6}", inner), 0..4).prop_map(|members| {
                    let members: Vec<_> = members.into_iter().map(|(k, v)| format!("\"{k}\": {v}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_round_trip_changes_nothing_but_the_list(
            before in prop::collection::vec(("[a-z_]{1,8}", json()), 0..6),
            after in prop::collection::vec(("[a-z_]{1,8}", json()), 0..6),
            models in "[a-z,\\\\\"é ]{0,12}",
        ) {
            let members = |list: &[(String, String)]| -> Vec<String> {
                list.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect()
            };
            let whole = |list: &str| {
                let models = vec![format!("\"models\":{}", serde_json::to_string(list).unwrap())];
                format!("{{{}}}", [members(&before), models, members(&after)].concat().join(","))
            };
            prop_assume!(before.iter().chain(&after).all(|(name, _)| name != "models"));
            prop_assert_eq!(object(&whole("old")).with_models(&models).unwrap(), whole(&models));
        }
    }
}

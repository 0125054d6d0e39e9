//! A YAML (or JSON) text as a tree in which everything knows its place.
//!
//! Decides: where a node stands. Must not know: what a key means. Values stay inside: whoever shows one decides that it may
//! be shown.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::outline::Place;
use super::read::yaml_options;

/// A node and where it stands.
#[derive(Clone, Default)]
pub(crate) struct Node {
    /// Where it is used: of an alias (`*a`), where that stands.
    pub(super) at: Place,
    /// The line on which it is written: of an alias, that of what it stands for.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// What a node is.
#[derive(Clone, Default)]
pub(crate) enum Value {
    #[default]
    Null,
    /// A text, or a number or truth value as a text.
    Scalar(String),
    List(Vec<Node>),
    /// In the text's order; each key with its own place.
    Map(Vec<(Node, Node)>),
}

/// Why a text is no YAML, without any word of it.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    /// The line, where that is known.
    pub(crate) line: Option<usize>,
    /// Only because a key stands there a second time.
    pub(crate) twice: bool,
}

impl Node {
    /// Reads a text.
    pub(crate) fn parse(text: &str) -> Result<Self, Broken> {
        serde_saphyr::from_str_with_options::<Bare>(text, yaml_options())
            .map(|bare| Self { at: Place { line: 1, column: 1 }, line: 1, value: bare.0 })
            .map_err(|error| Broken {
                line: error.location().map(|at| count(at.line())),
                twice: error.without_snippet().to_string().starts_with("duplicate "),
            })
    }

    /// The member of that name.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|(_, value)| value)
    }

    /// The member of that name, and its key's node.
    pub(crate) fn member(&self, key: &str) -> Option<(&Self, &Self)> {
        self.pairs().find(|(name, _)| name.text() == Some(key))
    }

    /// The node below these keys.
    pub(crate) fn below(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Keys and values; none of what is no map.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Self, &Self)> {
        let pairs = if let Value::Map(pairs) = &self.value { pairs.as_slice() } else { &[] };
        pairs.iter().map(|(key, value)| (key, value))
    }

    /// The items; none of what is no list.
    pub(crate) fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Value::Scalar(text) = &self.value { Some(text) } else { None }
    }

    /// Whether it says so.
    pub(crate) fn is_true(&self) -> bool {
        self.text().is_some_and(|text| ["true", "yes", "on", "1"].contains(&text.to_ascii_lowercase().as_str()))
    }
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(1).max(1)
}

fn placed(at: Location) -> Place {
    Place { line: count(at.line()), column: count(at.column()) }
}

/// A node's value before its place is known.
struct Bare(Value);

fn node(spanned: Spanned<Bare>) -> Node {
    Node { at: placed(spanned.referenced), line: count(spanned.defined.line()), value: spanned.value.0 }
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareVisitor).map(Self)
    }
}

/// A key, a number's text included.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

struct BareVisitor;

impl<'de> Visitor<'de> for BareVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<Key>, Spanned<Bare>>()? {
            let (at, line) = (placed(key.referenced), count(key.defined.line()));
            pairs.push((Node { at, line, value: Value::Scalar(key.value.0) }, node(value)));
        }
        Ok(Value::Map(pairs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Bare>>()? {
            items.push(node(item));
        }
        Ok(Value::List(items))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Scalar(truth.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Scalar(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Scalar(number.to_string()))
    }

    fn visit_i128<E>(self, number: i128) -> Result<Value, E> {
        Ok(Value::Scalar(number.to_string()))
    }

    fn visit_u128<E>(self, number: u128) -> Result<Value, E> {
        Ok(Value::Scalar(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Scalar(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Scalar(text.to_owned()))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Value::Null)
    }
}

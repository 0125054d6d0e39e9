//! The outline of a YAML text, from the places that serde-saphyr gives to every node.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{Entry, KeyPath, Outline, Place};
use crate::config::read::yaml_options;

pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    // A text with a mistake has no outline; saying what is wrong is the parser's part.
    if let Ok(node) = serde_saphyr::from_str_with_options::<Node>(text, yaml_options()) {
        collect(&node, &KeyPath::default(), &mut outline);
    }
    outline
}

enum Node {
    Map(Vec<(Spanned<Key>, Spanned<Node>)>),
    List(Vec<Spanned<Node>>),
    Leaf,
}

fn collect(node: &Node, path: &KeyPath, outline: &mut Outline) {
    match node {
        Node::Map(pairs) => {
            for (key, value) in pairs {
                let child = path.child(&key.value.0);
                let places = (place(key.referenced), place(value.referenced));
                outline.entries.push(Entry { path: child.clone(), key: places.0, value: places.1 });
                collect(&value.value, &child, outline);
            }
        }
        Node::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let (child, at) = (path.item(index), place(item.referenced));
                outline.entries.push(Entry { path: child.clone(), key: at, value: at });
                collect(&item.value, &child, outline);
            }
        }
        Node::Leaf => {}
    }
}

fn place(at: Location) -> Place {
    let count = |number: u64| usize::try_from(number).unwrap_or(1).max(1);
    Place { line: count(at.line()), column: count(at.column()) }
}

/// A key, a number's text included.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Node::Leaf)
    }
}

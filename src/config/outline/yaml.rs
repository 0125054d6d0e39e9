//! The outline of a YAML text, from its tree.

use super::{Entry, KeyPath, Outline};
use crate::config::yaml::{Node, Value};

pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    // A text with a mistake has no outline; saying what is wrong is the parser's part.
    if let Ok(node) = Node::parse(text) {
        collect(&node, &KeyPath::default(), &mut outline);
    }
    outline
}

fn collect(node: &Node, path: &KeyPath, outline: &mut Outline) {
    match &node.value {
        Value::Map(pairs) => {
            for (key, value) in pairs {
                let child = path.child(key.text().unwrap_or_default());
                outline.entries.push(Entry { path: child.clone(), key: key.at, value: value.at });
                collect(value, &child, outline);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let child = path.item(index);
                outline.entries.push(Entry { path: child.clone(), key: item.at, value: item.at });
                collect(item, &child, outline);
            }
        }
        Value::Null | Value::Scalar(_) => {}
    }
}

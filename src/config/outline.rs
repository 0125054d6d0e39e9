//! Where every key of a configuration text stands.
//!
//! Decides: the place of a path such as `probe.every`, whatever the values are. Must not know: what a key means.

mod json5;
mod yaml;

use std::fmt;

/// A place in the text; both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Keys from the top down; `[0]` for an item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KeyPath(pub(super) Vec<String>);

impl KeyPath {
    pub(super) fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    pub(super) fn child(&self, key: impl Into<String>) -> Self {
        let mut path = self.clone();
        path.0.push(key.into());
        path
    }

    pub(super) fn item(&self, index: usize) -> Self {
        self.child(format!("[{index}]"))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            let item = is_item(key);
            let dot = if index == 0 || item { "" } else { "." };
            let key = if item || is_name(key) { key } else { "***" };
            write!(f, "{dot}{key}")?;
        }
        Ok(())
    }
}

/// Whether a key is one a person would choose. A slip of the hand can make a key of anything, an address with its
/// password included; what is not a name is not shown.
pub(super) fn is_name(key: &str) -> bool {
    key.chars().count() <= 40 && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
}

/// Whether this stands for an item of a list: `[0]`.
pub(super) fn is_item(key: &str) -> bool {
    let index = key.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
    index.is_some_and(|index| index.parse::<usize>().is_ok())
}

/// One key or list item.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: KeyPath,
    /// Of the key; of the value for a list item.
    pub(super) key: Place,
    pub(super) value: Place,
}

/// Every key of a text, in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    pub(super) entries: Vec<Entry>,
    /// Where the nesting became too deep to read on, if it did.
    pub(super) too_deep: Option<Place>,
}

/// Nesting beyond this is refused: json5 would use up the stack.
const MAX_DEPTH: usize = 128;

impl Outline {
    /// Of a JSON5 text; of one with a mistake, what stands before it.
    pub(super) fn of_json5(text: &str) -> Self {
        json5::outline(text)
    }

    /// Of a YAML text; nothing of one with a mistake.
    pub(super) fn of_yaml(text: &str) -> Self {
        yaml::outline(text)
    }

    /// Whether the top level has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.path.0 == [key])
    }

    /// Where the path's value stands; of a path that the text does not have, where the nearest part of it stands.
    pub(super) fn place(&self, path: &KeyPath) -> Option<Place> {
        (1..=path.0.len()).rev().find_map(|length| {
            let entry = self.entries.iter().find(|entry| entry.path.0 == path.0[..length])?;
            Some(if length == path.0.len() { entry.value } else { entry.key })
        })
    }

    /// Keys that stand twice in the same place: (path, second place, first place).
    pub(super) fn repeated(&self) -> Vec<(KeyPath, Place, Place)> {
        let mut first = std::collections::HashMap::new();
        let again = self.entries.iter().filter_map(|entry| {
            let before = *first.entry(&entry.path.0).or_insert(entry.key);
            (before != entry.key).then(|| (entry.path.clone(), entry.key, before))
        });
        // Below a key that stands twice everything may; the key itself says it all.
        let mut repeated: Vec<(KeyPath, Place, Place)> = Vec::new();
        for found in again {
            if !repeated.iter().any(|(path, ..)| found.0.0.starts_with(&path.0)) {
                repeated.push(found);
            }
        }
        repeated
    }
}

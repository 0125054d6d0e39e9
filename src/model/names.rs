//! Model names, and the list that cannot be empty.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One model name as it stands in a gateway's list: trimmed, not empty, without a comma.
///
/// Compared byte for byte: One API and New API route by exact bytes, whatever the database's collation says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(String);

impl ModelName {
    /// Takes a name from the outside. `None` when nothing is left after trimming, when it holds a comma (the
    /// gateways' separator) or a control character, or when it is longer than the 255 characters New API stores.
    pub fn parse(raw: &str) -> Option<Self> {
        let name = raw.trim();
        let fits = !name.is_empty() && name.chars().count() <= 255;
        (fits && !name.chars().any(|c| c == ',' || c.is_control())).then(|| Self(name.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl TryFrom<String> for ModelName {
    type Error = String;

    fn try_from(raw: String) -> Result<Self, String> {
        Self::parse(&raw).ok_or_else(|| format!("{raw:?} cannot be a model name"))
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.0
    }
}

/// A list of models for a channel: at least one name, no name twice, in the order given.
///
/// The only thing the writer accepts as a channel's new list, so an empty list cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ModelName>", into = "Vec<ModelName>")]
pub struct WorkingList(Vec<ModelName>);

impl WorkingList {
    /// Keeps the first of equal names. `None` when there is no name at all.
    pub fn new(names: impl IntoIterator<Item = ModelName>) -> Option<Self> {
        let mut seen = std::collections::HashSet::new();
        let names: Vec<_> = names.into_iter().filter(|name| seen.insert(name.clone())).collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// The names of a raw `channels.models` text: split at commas, trimmed, empty and repeated ones dropped.
    pub fn split(raw: &str) -> Option<Self> {
        Self::new(raw.split(',').filter_map(ModelName::parse))
    }

    /// A name in a raw `channels.models` text that [`Self::split`] leaves out as none: writing the others back would take
    /// it off the list.
    pub fn unwritable(raw: &str) -> Option<&str> {
        raw.split(',').map(str::trim).find(|name| !name.is_empty() && ModelName::parse(name).is_none())
    }

    /// The text a gateway stores: names joined by commas, nothing else.
    pub fn join(&self) -> String {
        self.0.iter().map(ModelName::as_str).collect::<Vec<_>>().join(",")
    }

    /// The names in order.
    pub fn names(&self) -> &[ModelName] {
        &self.0
    }
}

impl TryFrom<Vec<ModelName>> for WorkingList {
    type Error = &'static str;

    fn try_from(names: Vec<ModelName>) -> Result<Self, Self::Error> {
        Self::new(names).ok_or("a channel's list cannot be empty")
    }
}

impl From<WorkingList> for Vec<ModelName> {
    fn from(list: WorkingList) -> Self {
        list.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_messy_list_becomes_a_clean_one_in_the_same_order() {
        let list = WorkingList::split(" b, a,,b , a,c,").unwrap();
        assert_eq!(list.join(), "b,a,c");
    }

    #[test]
    fn no_names_is_no_list() {
        assert_eq!(WorkingList::split(" , ,"), None);
        assert!(serde_json::from_str::<WorkingList>("[]").is_err());
    }

    #[test]
    fn a_name_that_would_be_lost_in_writing_is_found() {
        let long = "x".repeat(256);
        for lost in ["a\nb", "a\u{7}b", &long] {
            let raw = format!("a, ,{lost} ,b");
            assert_eq!(WorkingList::unwritable(&raw), Some(lost));
            assert_eq!(WorkingList::split(&raw).unwrap().join(), "a,b");
        }
        assert_eq!(WorkingList::unwritable(" b, a,,b ,\na\n,日本,"), None, "what is only trimmed is not lost");
    }

    #[test]
    fn names_that_would_break_a_gateways_list_are_refused() {
        for raw in ["", "  ", "a,b", "a\nb", "a\u{0}b", &"x".repeat(256)] {
            assert_eq!(ModelName::parse(raw), None, "{raw:?}");
        }
    }
}

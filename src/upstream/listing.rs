//! How an upstream's list of models is read, in every form met in the field.
//!
//! Decides: which names a body offers, whether there is a next page. Must not know: what a failure means.

mod metadata;

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::model::{ModelName, Offered, Outcome};

/// What an upstream says it offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// These, each once, in its order. Being listed is no proof of working, being absent none of being gone.
    Offered(Vec<Offered>),
    /// It answered, and no usable name was in the answer.
    Empty,
    /// It did not answer with a list: says nothing about any model.
    Failed {
        /// What the failure shows.
        outcome: Outcome,
        /// In one short redacted line.
        why: String,
    },
    /// It has no list.
    Unlisted,
}

/// More names than this are cut off: no provider has as many, and memory stays bounded.
pub const NAMES_AT_MOST: usize = 50_000;

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its usable entries, in its order; broken ones left out.
    pub offered: Vec<Offered>,
    /// Where the next page is, when on the same host.
    pub next: Option<Url>,
}

/// An entry larger than this is left out: the longest real ones describe a model on a page or two.
const ENTRY_AT_MOST: usize = 64 << 10;
/// A page's mark is longer than this in no list.
const MARK_AT_MOST: usize = 4096;

/// Reads a page asked for at `asked`. `None` when the body has no list in it at all. Entry by entry: as one value, a
/// list made for it takes sixty times its own size.
pub fn read_page(body: &[u8], asked: &Url) -> Option<Page> {
    let body = std::str::from_utf8(body).ok()?.trim_ascii();
    let offered = if body.starts_with('[') { entries(body)? } else { Fields::of(body)?.offered()? };
    // Marks of another form lead nowhere.
    let marks = serde_json::from_str(body).unwrap_or_default();
    Some(Page { offered, next: next(marks, asked) })
}

/// Where the page behind this one is, if there is one and on the same host.
pub fn next_page(page: &Value, asked: &Url) -> Option<Url> {
    next(Marks::deserialize(page).unwrap_or_default(), asked)
}

/// Where the entries may stand.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    models: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Option<Self> {
        text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
    }

    fn all(self) -> impl Iterator<Item = &'a str> {
        self.data.into_iter().chain(self.models).map(RawValue::get)
    }

    /// The entries, or those of a list within.
    fn offered(self) -> Option<Vec<Offered>> {
        self.all().find_map(|found| entries(found).or_else(|| Fields::of(found)?.all().find_map(entries)))
    }
}

fn entries(text: &str) -> Option<Vec<Offered>> {
    text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten().map(|Entries(offered)| offered)
}

/// The usable entries of a list, each read by itself.
struct Entries(Vec<Offered>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(list: D) -> Result<Self, D::Error> {
        list.deserialize_seq(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of models")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries, A::Error> {
        let mut offered = Vec::new();
        while let Some(one) = list.next_element::<&RawValue>()? {
            let small = Some(one.get()).filter(|one| offered.len() < NAMES_AT_MOST && one.len() <= ENTRY_AT_MOST);
            offered.extend(small.and_then(|one| entry(&serde_json::from_str(one).ok()?)));
        }
        Ok(Entries(offered))
    }
}

fn entry(entry: &Value) -> Option<Offered> {
    let raw = match entry {
        Value::String(text) => text.as_str(),
        Value::Object(map) => ["id", "name", "model"]
            .iter()
            .find_map(|field| map.get(*field)?.as_str().filter(|t| !t.trim().is_empty()))?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    // Gemini's form, also in its OpenAI-compatible list.
    let name = ModelName::parse(raw.trim().strip_prefix("models/").unwrap_or(raw))?;
    let (kind, ends) = (metadata::kind(entry, name.as_str()), metadata::ends(entry));
    Some(Offered { name, kind, ends })
}

/// What leads to the next page: OpenRouter's link, Gemini's and Cohere's tokens, Anthropic's last name.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    links: Option<Links>,
    #[serde(rename = "nextPageToken")]
    gemini: Option<String>,
    #[serde(rename = "next_page_token")]
    cohere: Option<String>,
    last_id: Option<String>,
    has_more: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Links {
    next: Option<String>,
}

/// Never on another host, which would get the key; never the page that was asked for.
fn next(marks: Marks, asked: &Url) -> Option<Url> {
    let text = |mark: Option<String>| mark.filter(|text| (1..MARK_AT_MOST).contains(&text.len()));
    if let Some(link) = text(marks.links.and_then(|links| links.next)) {
        let url = asked.join(&link).ok()?;
        let same = url.origin() == asked.origin() && url.username().is_empty() && url.password().is_none();
        return (same && url != *asked).then_some(url);
    }
    let (parameter, place) = if let Some(token) = text(marks.gemini) {
        ("pageToken", token)
    } else if let Some(token) = text(marks.cohere) {
        ("page_token", token)
    } else {
        ("after_id", text(marks.last_id).filter(|_| marks.has_more == Some(true))?)
    };
    let mut url = asked.clone();
    let kept: Vec<(String, String)> = asked
        .query_pairs()
        .filter(|(name, _)| name != parameter)
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(parameter, &place);
    (url != *asked).then_some(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(value: &Value) -> Option<Page> {
        read_page(value.to_string().as_bytes(), &Url::parse("https://x.test/v1/models").unwrap())
    }

    fn names(value: &Value) -> Vec<String> {
        page(value).unwrap().offered.into_iter().map(|one| String::from(one.name)).collect()
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        for value in [
            json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]}),
            json!([{"id": "a", "type": "chat"}, {"id": "b"}]),
            json!({"models": [{"name": "models/a"}, {"name": "models/b"}]}),
            json!({"models": [{"model": "a"}, "b"]}),
            json!({"data": ["a", "b"]}),
            json!({"success": true, "data": {"data": [{"id": "a"}, {"id": "b"}]}}),
            json!({"data": [{"id": "a"}, {"id": ""}, {}, null, 7, {"id": {"x": 1}}, {"id": "evil,name"}, {"id": "x\ny"}, {"id": "b"}]}),
        ] {
            assert_eq!(names(&value), ["a", "b"], "{value}");
        }
    }

    #[test]
    fn an_entry_that_is_a_book_and_marks_of_another_form_are_left_out() {
        let book = "x".repeat(ENTRY_AT_MOST);
        assert_eq!(
            names(&json!([{"id": "a", "description": book}, {"id": "b"}, {"id": "c", "n": [[1], {"x": {}}]}])),
            ["b", "c"]
        );
        let marked = json!({"data": [{"id": "a"}], "last_id": 7, "has_more": "yes", "links": 3});
        assert_eq!((names(&marked), page(&marked).unwrap().next), (vec!["a".to_owned()], None));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for value in
            [json!({}), json!({"error": {"message": "no"}}), json!("models"), json!(null), json!({"data": null})]
        {
            assert_eq!(page(&value), None, "{value}");
        }
        assert_eq!(page(&json!({"data": []})), Some(Page::default()));
    }

    #[test]
    fn pages_follow_only_on_the_same_host() {
        let next = |value: &Value| page(value).unwrap().next.map(String::from);
        assert_eq!(
            next(&json!({"data": [], "has_more": true, "last_id": "a b"})).as_deref(),
            Some("https://x.test/v1/models?after_id=a+b")
        );
        assert_eq!(next(&json!({"data": [], "has_more": false, "last_id": "a"})), None);
        assert_eq!(
            next(&json!({"models": [], "nextPageToken": "a/b"})).as_deref(),
            Some("https://x.test/v1/models?pageToken=a%2Fb")
        );
        assert_eq!(
            next(&json!({"models": [], "next_page_token": "t"})).as_deref(),
            Some("https://x.test/v1/models?page_token=t")
        );
        for last in [json!({"models": [], "nextPageToken": ""}), json!({"models": [], "next_page_token": null})] {
            assert_eq!(next(&last), None);
        }
        assert_eq!(
            next(&json!({"data": [], "links": {"next": "/v1/models?offset=5"}})).as_deref(),
            Some("https://x.test/v1/models?offset=5")
        );
        for elsewhere in
            ["https://evil.test/v1/models", "http://x.test/v1/models", "//evil.test/", "https://u:p@x.test/"]
        {
            assert_eq!(next(&json!({"data": [], "links": {"next": elsewhere}})), None, "{elsewhere}");
        }
    }
}

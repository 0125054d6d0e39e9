//! How an upstream's list of models is read, in every form met in the field.
//!
//! Decides: which names a body offers, whether there is a next page. Must not know: what a failure means.

mod metadata;

use serde_json::Value;
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

/// Reads a page asked for at `asked`. `None` when the value has no list in it at all.
pub fn read_page(value: &Value, asked: &Url) -> Option<Page> {
    let entries = match value {
        Value::Array(entries) => entries,
        Value::Object(map) => ["data", "models"].iter().find_map(|field| {
            let entries = map.get(*field)?;
            entries.as_array().or_else(|| entries.get("data").or_else(|| entries.get("models"))?.as_array())
        })?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    };
    let offered = entries.iter().take(NAMES_AT_MOST).filter_map(entry).collect();
    Some(Page { offered, next: next(value, asked) })
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

/// Never on another host, which would get the key; never the page that was asked for.
fn next(value: &Value, asked: &Url) -> Option<Url> {
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(link) = text("/links/next") {
        let url = asked.join(link).ok()?;
        let same = url.origin() == asked.origin() && url.username().is_empty() && url.password().is_none();
        return (same && url != *asked).then_some(url);
    }
    let more = || value.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    let (parameter, place) = if let Some(token) = text("/nextPageToken") {
        ("pageToken", token)
    } else if let Some(token) = text("/next_page_token") {
        ("page_token", token)
    } else {
        ("after_id", text("/last_id").filter(|_| more())?)
    };
    let mut url = asked.clone();
    let kept: Vec<(String, String)> = asked
        .query_pairs()
        .filter(|(name, _)| name != parameter)
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair(parameter, place);
    (url != *asked).then_some(url)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(value: &Value) -> Option<Page> {
        read_page(value, &Url::parse("https://x.test/v1/models").unwrap())
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

//! The list of channels, page by page, in the three forms the gateways have.
//!
//! Decides: which form an answer has, where a list ends, and how none is missed that moved between pages while we read.
//! Must not know: what a channel's members mean.

use std::collections::{HashSet, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::client::{ApiError, Client, Trouble};
use super::object::Object;
use super::{Admin, READ};
use crate::gateway::Unreadable;

/// Channels in one call; current New API and One Hub give no more.
const PAGE: usize = 100;

/// What the list looks like, and how its pages are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `{items, total, …}`, pages from 1: current New API.
    Items,
    /// A bare array, pages from 0: One API (ten a page, whatever is asked for), old New API, Veloera.
    Bare,
    /// `{data, total_count, …}`, pages from 1: One Hub and Done Hub.
    Hub,
}

/// One page.
struct Page {
    form: Form,
    rows: Vec<Box<RawValue>>,
    /// How many there are on all pages, where it says.
    total: Option<usize>,
}

#[derive(Deserialize)]
struct Envelope {
    items: Option<Vec<Box<RawValue>>>,
    data: Option<Vec<Box<RawValue>>>,
    total: Option<usize>,
    total_count: Option<usize>,
}

/// `data`, as the page it is.
fn page(data: &RawValue) -> Result<Page, String> {
    let json = data.get();
    let odd = |error: serde_json::Error| format!("its list of channels is none: {error}");
    if json == "null" || json.starts_with('[') {
        let rows: Option<_> = serde_json::from_str(json).map_err(odd)?;
        return Ok(Page { form: Form::Bare, rows: rows.unwrap_or_default(), total: None });
    }
    let Envelope { items, data, total, total_count } = serde_json::from_str(json).map_err(odd)?;
    match (items, data) {
        (Some(rows), _) => Ok(Page { form: Form::Items, rows, total }),
        (None, Some(rows)) => Ok(Page { form: Form::Hub, rows, total: total_count }),
        (None, None) if total_count.is_some() => Ok(Page { form: Form::Hub, rows: vec![], total: total_count }),
        (None, None) if total.is_some() => Ok(Page { form: Form::Items, rows: vec![], total }),
        (None, None) => Err("its list of channels has a form that no gateway's we know has".to_owned()),
    }
}

async fn fetch(client: &Client, path: &str) -> Result<Page, ApiError> {
    let data = client.get_data(READ, path).await?;
    page(&data).map_err(|why| client.error(READ, Trouble::Odd(why)))
}

/// The cheapest look at the list: its form, and a channel if there is one.
pub(super) async fn first(client: &Client) -> Result<(Form, Option<Object>), ApiError> {
    let found = fetch(client, "api/channel/?p=0&page_size=1&page=1&size=1").await?;
    Ok((found.form, found.rows.first().and_then(|raw| Object::parse(raw).ok())))
}

/// A part of the way.
enum Part {
    /// All channels; at One Hub those without a tag, for of each tag its list shows one channel only.
    List,
    /// One Hub's tags.
    Tags,
    /// All channels of a tag.
    Tag(String),
}

impl Part {
    fn path(&self, form: Form, page: usize) -> String {
        let next = page + 1;
        match (self, form) {
            (Self::List, Form::Items) => format!("api/channel/?p={next}&page_size={PAGE}&id_sort=true"),
            (Self::List, Form::Bare) => format!("api/channel/?p={page}&page_size={PAGE}&id_sort=true"),
            (Self::List, Form::Hub) => format!("api/channel/?page={next}&size={PAGE}&filter_tag=1&order=id"),
            (Self::Tags, _) => "api/channel_tag/_all".to_owned(),
            (Self::Tag(tag), _) => format!("api/channel_tag/{}/list?page={next}&size={PAGE}&order=id", segment(tag)),
        }
    }
}

/// A tag as one piece of a path.
fn segment(tag: &str) -> String {
    let Ok(mut url) = Url::parse("http://tag/") else { return tag.to_owned() };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().push(tag);
    }
    url.path().trim_start_matches('/').to_owned()
}

/// A way through all channels, as often as the list has pages. Each is found once.
///
/// A channel deleted on a page that is behind us moves the others up, and one of them off the page that comes next: where
/// the list had more than one page, it is gone through once more at the end, quickly, for what was missed.
pub(super) struct Walk<'a> {
    admin: &'a Admin,
    parts: VecDeque<Part>,
    /// The next page of the first part.
    page: usize,
    /// Pages fetched of lists.
    fetched: usize,
    /// Found in this part.
    passed: HashSet<i64>,
    /// Found at all.
    seen: HashSet<i64>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(admin: &'a Admin) -> Self {
        let parts = match admin.form {
            Form::Items | Form::Bare => vec![Part::List, Part::List],
            Form::Hub => vec![Part::List, Part::Tags, Part::List],
        };
        Self { admin, parts: parts.into(), page: 0, fetched: 0, passed: HashSet::new(), seen: HashSet::new() }
    }

    /// The next channels not found yet; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Result<Object, Unreadable>>>, ApiError> {
        while let Some(part) = self.parts.front() {
            let client = &self.admin.client;
            if matches!(part, Part::Tags) {
                let tags = tags(client).await?;
                self.end_part();
                tags.into_iter().rev().for_each(|tag| self.parts.push_front(Part::Tag(tag)));
                continue;
            }
            let second = matches!(part, Part::List) && self.parts.len() == 1;
            if second && self.page == 0 && self.fetched <= 1 {
                self.end_part();
                continue;
            }
            let page = fetch(client, &part.path(self.admin.form, self.page)).await?;
            // A tag's list is a bare array in one version, and has pages in another.
            let whole = matches!(part, Part::Tag(_)) && page.form == Form::Bare;
            self.page += 1;
            self.fetched += 1;
            let before = self.passed.len();
            let mut found = vec![];
            for raw in &page.rows {
                let object = Object::parse(raw);
                let id = object.as_ref().map_or(0, Object::id);
                self.passed.insert(id);
                if self.seen.insert(id) {
                    found.push(object);
                }
            }
            // What gives the same page again and again has no other.
            let stuck = self.passed.len() == before;
            if whole || stuck || page.total.is_some_and(|total| self.passed.len() >= total) {
                self.end_part();
            }
            if !found.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn end_part(&mut self) {
        self.parts.pop_front();
        self.page = 0;
        self.passed.clear();
    }
}

/// One Hub's tags.
async fn tags(client: &Client) -> Result<Vec<String>, ApiError> {
    #[derive(Deserialize)]
    struct Tag {
        tag: String,
    }
    let doing = "read its tags";
    let data = client.get_data(doing, "api/channel_tag/_all").await?;
    let tags: Option<Vec<Tag>> = serde_json::from_str(data.get())
        .map_err(|error| client.error(doing, Trouble::Odd(format!("its list of tags is none: {error}"))))?;
    Ok(tags.into_iter().flatten().map(|tag| tag.tag).filter(|tag| !tag.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(Form, usize, Option<usize>), String> {
        let page = page(&RawValue::from_string(json.to_owned()).unwrap())?;
        Ok((page.form, page.rows.len(), page.total))
    }

    #[test]
    fn the_form_is_told_from_the_answer() {
        assert_eq!(read(r#"{"items":[{}],"total":7,"page":1,"page_size":1}"#), Ok((Form::Items, 1, Some(7))));
        assert_eq!(read(r#"{"items":null,"total":0}"#), Ok((Form::Items, 0, Some(0))));
        assert_eq!(read("[{},{}]"), Ok((Form::Bare, 2, None)));
        assert_eq!(read("null"), Ok((Form::Bare, 0, None)));
        assert_eq!(read(r#"{"data":[{}],"page":1,"size":1,"total_count":3}"#), Ok((Form::Hub, 1, Some(3))));
        assert_eq!(read(r#"{"data":null,"total_count":0}"#), Ok((Form::Hub, 0, Some(0))));
        assert!(read("{}").unwrap_err().contains("form"));
        assert!(read("5").is_err());
    }

    #[test]
    fn a_tag_is_one_piece_of_a_path() {
        assert_eq!(segment("a b/c?d#e%f"), "a%20b%2Fc%3Fd%23e%25f");
        assert_eq!(segment("标签"), "%E6%A0%87%E7%AD%BE");
    }
}

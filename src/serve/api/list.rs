//! A part of a longer list, as it is answered.
//!
//! Decides: how a reader learns how many there are, and where the next part is. Must not know: of what.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::Page;

const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Rows, with `X-Total-Count` and, where more follow, `Link: <…>; rel="next"`.
pub(super) struct Listed<T> {
    rows: Vec<T>,
    total: u64,
    next: Option<String>,
}

impl<T> Listed<T> {
    /// All there are.
    pub(super) fn whole(rows: Vec<T>) -> Self {
        Self { total: rows.len() as u64, rows, next: None }
    }

    /// A page that was asked for by this address.
    pub(super) fn page(page: Page<T>, uri: &Uri, offset: u64) -> Self {
        let next = offset + page.rows.len() as u64;
        let more = next < page.total && !page.rows.is_empty();
        Self { total: page.total, next: more.then(|| with_offset(uri, next)), rows: page.rows }
    }

    /// A part of rows that are all at hand.
    pub(super) fn part(mut rows: Vec<T>, uri: &Uri, limit: u32, offset: u64) -> Self {
        let total = rows.len() as u64;
        let first = usize::try_from(offset).unwrap_or(usize::MAX).min(rows.len());
        rows.drain(..first);
        rows.truncate(limit as usize);
        Self::page(Page { rows, total }, uri, offset)
    }
}

/// The same address with another `offset`. The query is the asker's, and stays escaped as it came.
fn with_offset(uri: &Uri, offset: u64) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<_> = kept.filter(|part| !part.is_empty() && !part.starts_with("offset=")).collect();
    let offset = format!("offset={offset}");
    query.push(&offset);
    format!("{}?{}", uri.path(), query.join("&"))
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.rows).into_response();
        response.headers_mut().insert(TOTAL, HeaderValue::from(self.total));
        let link = self.next.and_then(|next| HeaderValue::try_from(format!("<{next}>; rel=\"next\"")).ok());
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_same_question_further_on() {
        let uri: Uri = "/api/models?search=a%26b&offset=2&limit=2".parse().unwrap();
        let page = |offset| Listed::part(vec![1, 2, 3, 4, 5], &uri, 2, offset);
        assert_eq!(
            (page(0).rows, page(0).next),
            (vec![1, 2], Some("/api/models?search=a%26b&limit=2&offset=2".into()))
        );
        assert_eq!((page(4).rows, page(4).next), (vec![5], None));
        assert_eq!((page(9).rows.len(), page(9).total, page(9).next), (0, 5, None));
    }
}

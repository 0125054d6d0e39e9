//! Answers that are no API's: redirects, web pages, web firewalls.
//!
//! Decides: whether something stands between us and the API. Must not know: models.

use reqwest::header::CONTENT_TYPE;

use crate::http::Reply;
use crate::model::Outcome;

const WALL: &str = "a web firewall stands before the API: this address or User-Agent is not let in";

/// What a page or redirect shows; `None` for an API's answer.
pub(super) fn judge(reply: &Reply) -> Option<(Outcome, String)> {
    let config = |why: &str| Some((Outcome::ChannelConfig, why.to_owned()));
    if (300..400).contains(&reply.status) {
        return config("redirected: the base URL is not the API's own (redirects are never followed)");
    }
    let header = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("cf-mitigated").eq_ignore_ascii_case("challenge") {
        return config("a Cloudflare challenge stands before the API: this address or User-Agent is not let in");
    }
    let start = reply.body.trim_ascii_start();
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start).trim_ascii_start();
    // Some upstreams label JSON as HTML; and nearly every answer ends here.
    if start.starts_with(b"{") || start.starts_with(b"[") || start.starts_with(b"data:") {
        return None;
    }
    if [&b"error code: 10"[..], b"error 10"].iter().any(|wall| start.starts_with(wall)) {
        return config(WALL);
    }
    let html = header(CONTENT_TYPE.as_str()).to_ascii_lowercase().starts_with("text/html");
    let head = String::from_utf8_lossy(&start[..start.len().min(8192)]).to_lowercase();
    if !html && !["<!doctype", "<html", "<head"].iter().any(|mark| head.starts_with(mark)) {
        return None;
    }
    let walls = ["just a moment", "/cdn-cgi/challenge-platform", "error code: 1020", "error code: 1015", "error 1010"];
    if walls.iter().any(|mark| head.contains(mark)) {
        return config(WALL);
    }
    match reply.status {
        429 => Some((Outcome::Busy, "asked too often (a web page with status 429)".to_owned())),
        // Late, or a gateway's own page that says that what is behind it failed: the status tells.
        408 | 500.. => None,
        _ => config("a web page instead of JSON: the base URL's path is probably wrong"),
    }
}

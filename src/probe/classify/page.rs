//! Answers that are no API's: redirects, web pages, web firewalls.
//!
//! Decides: whether something stands between us and the API. Must not know: models.

use reqwest::header::CONTENT_TYPE;

use crate::model::Outcome;
use crate::upstream::Reply;

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
    let head = String::from_utf8_lossy(&reply.body[..reply.body.len().min(8192)]).to_lowercase();
    let start = head.trim_start_matches('\u{feff}').trim_start();
    let html = header(CONTENT_TYPE.as_str()).to_ascii_lowercase().starts_with("text/html");
    let is_page = start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with("<head");
    // Some upstreams label JSON as HTML.
    if !is_page && !(html && !start.starts_with(['{', '[']) && !start.starts_with("data:")) {
        return None;
    }
    let walls = ["just a moment", "/cdn-cgi/challenge-platform", "error code: 1020", "error code: 1015", "error 1010"];
    if walls.iter().any(|mark| head.contains(mark)) {
        return config("a web firewall stands before the API: this address or User-Agent is not let in");
    }
    match reply.status {
        408 => None,
        429 => Some((Outcome::Busy, "asked too often (a web page with status 429)".to_owned())),
        // A gateway's own error page says that what is behind it failed.
        500.. => None,
        _ => config("a web page instead of JSON: the base URL's path is probably wrong"),
    }
}

//! Uvicorn's line about a request that was answered.

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `POST`.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// What it was answered with.
    pub status: u16,
}

/// `INFO:     127.0.0.1:35532 - "POST /v1/chat/completions HTTP/1.1" 401 Unauthorized`.
pub(super) fn plain(line: &str) -> Option<Access> {
    request(line.strip_prefix("INFO:")?.trim_start())
}

/// The same without its level, and without the words behind the status: what JSON says.
pub(super) fn request(text: &str) -> Option<Access> {
    let (_from, rest) = text.split_once(" - \"")?;
    let (asked, rest) = rest.split_once("\" ")?;
    let (asked, _version) = asked.rsplit_once(" HTTP/")?;
    let (method, target) = asked.split_once(' ')?;
    let status = rest.get(..3)?.parse().ok()?;
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let known = method.bytes().all(|byte| byte.is_ascii_uppercase()) && path.starts_with('/');
    let path = path.chars().take(super::NAME).collect();
    known.then(|| Access { method: method.to_owned(), path, status })
}

impl Access {
    /// Whether it is a request for a model, as users send them: not a look at health, models or settings, as we and other
    /// watches send them.
    pub fn asks_a_model(&self) -> bool {
        const OTHERS: [&str; 12] = [
            "/health",
            "/metrics",
            "/model/",
            "/v1/model/",
            "/v2/model/",
            "/key/",
            "/user/",
            "/team/",
            "/config/",
            "/login",
            "/sso",
            "/ui",
        ];
        let path = self.path.as_str();
        self.method == "POST" && !OTHERS.iter().any(|other| path.starts_with(other))
    }
}

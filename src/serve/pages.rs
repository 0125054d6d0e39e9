//! The dashboard's files, as `web/dist` had them when we were built.
//!
//! Decides: what is kept by browsers for how long, and what stands at `/` where no dashboard was built.
//! Must not know: what the dashboard shows.

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::api::ApiError;

/// What a browser gets of one file.
struct File {
    bytes: std::borrow::Cow<'static, [u8]>,
    etag: String,
}

#[cfg(feature = "ui")]
fn embedded(path: &str) -> Option<File> {
    #[derive(rust_embed::RustEmbed)]
    #[folder = "web/dist"]
    #[allow_missing = true]
    struct Dist;

    let file = Dist::get(path)?;
    let hash = file.metadata.sha256_hash();
    // Weak: what is compressed on the way is the same to a browser, and not the same bytes.
    let etag = hash.iter().take(16).fold("W/\"".to_owned(), |etag, byte| format!("{etag}{byte:02x}")) + "\"";
    Some(File { bytes: file.data, etag })
}

#[cfg(not(feature = "ui"))]
fn embedded(_path: &str) -> Option<File> {
    None
}

/// Any address that is nothing else: a file of the dashboard, `/` being its page, or nothing.
pub(super) async fn file(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        // Programs ask there, and read errors of one form.
        return ApiError::not_found("there is no such path; GET /api lists them all").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = if path.is_empty() { "index.html" } else { path };
    match embedded(path) {
        Some(file) => answer(path, file, &headers),
        None if path == "index.html" => ([(header::CACHE_CONTROL, "no-cache")], Html(NOT_BUILT)).into_response(),
        None => (StatusCode::NOT_FOUND, "There is nothing here; the dashboard is at /\n").into_response(),
    }
}

fn answer(path: &str, file: File, headers: &HeaderMap) -> Response {
    // Vite puts a hash of the content into these names.
    let lasting = path.starts_with("assets/");
    let caching = if lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    let fixed = [(header::CACHE_CONTROL, caching), (header::CONTENT_TYPE, content_type(path))];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == file.etag)) {
        return (StatusCode::NOT_MODIFIED, fixed, [(header::ETAG, file.etag)]).into_response();
    }
    (fixed, [(header::ETAG, file.etag)], file.bytes).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// At `/`, where the dashboard was not built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">
<title>channelwarden</title>
<h1>channelwarden</h1>
<p>It runs; its dashboard was not built into it. To have it, build it, and then channelwarden again:</p>
<pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build &amp;&amp; cd .. &amp;&amp; cargo build</pre>
<p>All that the dashboard shows is in the <a href=\"/api\">REST API</a>.</p>
</html>
";

//! One reading of a channel's base URL for listing and probing alike.
//!
//! Decides: the URLs to ask, from bases with and without a version, a trailing slash or a whole call's path.
//! Must not know: keys, requests, gateways.

use std::net::IpAddr;

use url::{Host, Url};

use super::dns::forbidden;
use crate::model::{Access, OpenAiPaths, Protocol};

/// Where one upstream is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Its list of models, where it has one.
    pub list: Option<Url>,
    /// Chat completions.
    pub chat: Url,
    /// `host:port`: what paces and tells providers apart.
    pub host: String,
}

/// Names under which clouds keep their metadata services.
const METADATA: [&str; 3] = ["metadata", "metadata.google.internal", "metadata.goog"];

impl Endpoints {
    /// Reads the base.
    ///
    /// # Errors
    /// What is wrong with the base URL and how it should look; never its user, password or query.
    pub fn new(access: &Access) -> Result<Self, String> {
        let url = checked(access.base.trim())?;
        match access.protocol {
            Protocol::OpenAi(paths) => open_ai(&url, &paths, access.type_name),
        }
    }
}

fn checked(base: &str) -> Result<Url, String> {
    const FORM: &str = "write it as https://host[:port][/path]";
    if base.is_empty() {
        return Err(format!("the base URL is empty: {FORM}"));
    }
    let scheme = base.split_once("://").map(|(scheme, _)| scheme);
    if !scheme.is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https")) {
        return Err(format!("the base URL has no http:// or https:// in front: {FORM}"));
    }
    let url = Url::parse(base).map_err(|error| format!("the base URL cannot be read ({error}): {FORM}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("the base URL holds a user or password: {FORM}, and put the key into the channel's key"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("the base URL holds a '?' or '#': {FORM}"));
    }
    let blocked = match url.host() {
        None => return Err(format!("the base URL has no host: {FORM}")),
        Some(Host::Ipv4(v4)) => forbidden(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => forbidden(IpAddr::V6(v6)),
        Some(Host::Domain(name)) => METADATA.contains(&name.trim_end_matches('.').to_ascii_lowercase().as_str()),
    };
    if blocked {
        return Err("the base URL leads to a link-local or cloud metadata address, which is never asked".to_owned());
    }
    Ok(url)
}

fn open_ai(url: &Url, paths: &OpenAiPaths, type_name: &str) -> Result<Endpoints, String> {
    let mut path = segments(url.path());
    for call in [paths.chat, "/chat/completions", "/completions", "/models"] {
        let call = segments(call);
        if !call.is_empty() && path.ends_with(&call) {
            path.truncate(path.len() - call.len());
            break;
        }
    }
    // Cloudflare's AI gateway stands for `…/v1` itself; the gateways drop the version there for these types.
    let cloudflare = url.host_str() == Some("gateway.ai.cloudflare.com") && matches!(type_name, "OpenAI" | "Azure");
    let version = segments(paths.version);
    if !cloudflare && !carries_version(&path) {
        // `…/compatible-mode` + `/compatible-mode/v1` overlap.
        let overlap = (0..=version.len()).rev().find(|n| path.ends_with(&version[..*n])).unwrap_or(0);
        path.extend_from_slice(&version[overlap..]);
    }
    let join = |call: &str| {
        let mut joined = url.clone();
        let whole: Vec<&str> = path.iter().copied().chain(segments(call)).collect();
        joined.set_path(&whole.join("/"));
        joined
    };
    let host = url.host_str().ok_or("the base URL has no host")?;
    let port = url.port_or_known_default().unwrap_or(443);
    Ok(Endpoints {
        list: paths.listed.then(|| join("/models")),
        chat: join(paths.chat),
        host: format!("{host}:{port}"),
    })
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// Whether the path names a version already: `…/v1`, `…/v4`, `…/v1beta/openai`.
fn carries_version(path: &[&str]) -> bool {
    match path {
        [.., version, "openai"] => is_version(version),
        [.., version] => is_version(version),
        [] => false,
    }
}

fn is_version(segment: &str) -> bool {
    let mut chars = segment.chars();
    chars.next() == Some('v') && chars.next().is_some_and(|c| c.is_ascii_digit()) && segment.len() <= 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(type_name: &'static str, base: &str, version: &'static str) -> Access {
        let paths = OpenAiPaths { version, chat: "/chat/completions", listed: true };
        Access { type_name, base: base.to_owned(), protocol: Protocol::OpenAi(paths) }
    }

    #[test]
    fn every_way_to_write_a_base_leads_to_one_place() {
        for (base, version, want) in [
            ("https://api.openai.com", "/v1", "https://api.openai.com/v1"),
            (" https://api.openai.com/ ", "/v1", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1", "/v1", "https://api.openai.com/v1"),
            ("https://api.openai.com//v1//", "/v1", "https://api.openai.com/v1"),
            ("https://api.openai.com/v1/chat/completions", "/v1", "https://api.openai.com/v1"),
            ("https://x.test/v1/models/", "/v1", "https://x.test/v1"),
            ("http://127.0.0.1:3000/proxy", "/v1", "http://127.0.0.1:3000/proxy/v1"),
            ("https://openrouter.ai/api", "/v1", "https://openrouter.ai/api/v1"),
            ("https://api.groq.com/openai", "/v1", "https://api.groq.com/openai/v1"),
            ("https://open.bigmodel.cn", "/api/paas/v4", "https://open.bigmodel.cn/api/paas/v4"),
            ("https://open.bigmodel.cn/api/paas/v4", "/v1", "https://open.bigmodel.cn/api/paas/v4"),
            ("https://g.test/api/coding/paas/v4/", "/api/paas/v4", "https://g.test/api/coding/paas/v4"),
            ("https://g.test/v1beta/openai/", "/v1", "https://g.test/v1beta/openai"),
            ("https://api.novita.ai/v3/openai", "", "https://api.novita.ai/v3/openai"),
            ("https://d.test/compatible-mode", "/compatible-mode/v1", "https://d.test/compatible-mode/v1"),
            ("https://d.test", "/compatible-mode/v1", "https://d.test/compatible-mode/v1"),
            ("https://ark.test/api/v3", "/api/v3", "https://ark.test/api/v3"),
            ("https://ark.test/api", "/api/v3", "https://ark.test/api/v3"),
            ("https://api.perplexity.ai", "", "https://api.perplexity.ai"),
            ("HTTPS://EXAMPLE.test", "/v1", "https://example.test/v1"),
            ("https://xn--bcher-kva.test/v", "/v1", "https://xn--bcher-kva.test/v/v1"),
        ] {
            let got = Endpoints::new(&access("Any", base, version)).unwrap();
            assert_eq!(got.chat.as_str(), format!("{want}/chat/completions"), "{base}");
            assert_eq!(got.list.unwrap().as_str(), format!("{want}/models"), "{base}");
        }
    }

    #[test]
    fn cloudflares_gateway_takes_no_version_for_openai() {
        let base = "https://gateway.ai.cloudflare.com/v1/acc/gw/openai";
        let chat = |name| Endpoints::new(&access(name, base, "/v1")).unwrap().chat.path().to_owned();
        assert_eq!(chat("OpenAI"), "/v1/acc/gw/openai/chat/completions");
        assert_eq!(chat("Groq"), "/v1/acc/gw/openai/v1/chat/completions");
    }

    #[test]
    fn the_host_paces_with_its_port() {
        let host = |base| Endpoints::new(&access("Any", base, "/v1")).unwrap().host;
        assert_eq!(host("https://a.test"), "a.test:443");
        assert_eq!(host("http://[::1]:8080/v1"), "[::1]:8080");
    }

    #[test]
    fn what_is_no_base_is_refused_with_the_remedy() {
        for (base, says) in [
            ("", "empty"),
            ("api.openai.com", "no http://"),
            ("ftp://x.test", "no http://"),
            ("https://", "cannot be read"),
            ("https://user:hunter2@x.test", "user or password"),
            ("https://x.test/?key=hunter2", "'?'"),
            ("http://169.254.169.254/latest", "metadata"),
            ("http://0xA9FEA9FE/", "metadata"),
            ("http://[fe80::1]/", "metadata"),
            ("http://[::ffff:169.254.169.254]/", "metadata"),
            ("http://metadata.google.internal./", "metadata"),
            ("http://100.100.100.200", "metadata"),
        ] {
            let error = Endpoints::new(&access("Any", base, "/v1")).unwrap_err();
            assert!(error.contains(says) && !error.contains("hunter2"), "{base}: {error}");
        }
    }
}

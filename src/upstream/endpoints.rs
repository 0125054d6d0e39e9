//! One reading of a channel's base URL for listing and probing alike.
//!
//! Decides: the URLs to ask, from bases with and without a version, a trailing slash or a whole call's path.
//! Must not know: keys, requests, gateways.

use std::net::IpAddr;

use url::{Host, Url};

use crate::http::forbidden;
use crate::model::{Access, AzureApi, OpenAiPaths, Protocol};

/// Where one upstream is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Its list of models, where it has one.
    pub list: Option<Url>,
    /// `host:port`: what paces and tells providers apart.
    pub host: String,
    /// Chat completions of an OpenAI-compatible upstream, the call that nearly every question is: put together once.
    pub(super) chat: Option<Url>,
    /// What every call's path is below of; Azure's version stands in its query.
    root: Url,
}

/// Names under which clouds keep their metadata services.
const METADATA: [&str; 3] = ["metadata", "metadata.google.internal", "metadata.goog"];
/// A call's path at the end of a base is none of it.
const OPENAI_CALLS: [&str; 5] = ["/chat/completions", "/completions", "/models", "/embeddings", "/rerank"];

impl Endpoints {
    /// Reads the base.
    ///
    /// # Errors
    /// What is wrong with the base URL and how it should look; never its user, password or query.
    pub fn new(access: &Access) -> Result<Self, String> {
        let url = checked(access.base.trim())?;
        let given = segments(url.path());
        let (root, list, query) = match access.protocol {
            Protocol::OpenAi(paths) => {
                let list = paths.listed.then_some("models");
                // OpenRouter names none but text models otherwise.
                let all = url.host_str() == Some("openrouter.ai");
                (openai_root(&url, given, &paths, access.type_name), list, all.then_some("output_modalities=all"))
            }
            Protocol::Azure(api) => {
                let (root, version) = azure_root(&url, given, api);
                return Self::below(&url, &root, version.as_deref(), None, None);
            }
            Protocol::Anthropic => {
                let root = versioned(without(given, &["/v1/messages", "/messages", "/models"]), "/v1");
                (root, Some("models"), Some("limit=1000"))
            }
            Protocol::Gemini => {
                (versioned(without(given, &["/models"]), "/v1beta"), Some("models"), Some("pageSize=1000"))
            }
            Protocol::Cohere => {
                let calls = ["/v2/chat", "/v1/chat", "/v1/models", "/v1", "/v2"];
                (without(given, &calls), Some("v1/models"), Some("page_size=1000"))
            }
            Protocol::Ollama => {
                let calls = ["/api/chat", "/api/generate", "/api/tags", "/v1/chat/completions", "/v1", "/api"];
                (without(given, &calls), Some("api/tags"), None)
            }
        };
        let mut this = Self::below(&url, &root, None, list, query)?;
        if let Protocol::OpenAi(paths) = access.protocol {
            this.chat = Some(this.call(segments(paths.chat)));
        }
        Ok(this)
    }

    fn below(
        url: &Url,
        path: &[&str],
        version: Option<&str>,
        list: Option<&str>,
        query: Option<&str>,
    ) -> Result<Self, String> {
        let mut root = url.clone();
        root.set_path(&path.join("/"));
        let host = url.host_str().ok_or("the base URL has no host")?;
        let port = url.port_or_known_default().unwrap_or(443);
        let mut this = Self { list: None, host: format!("{host}:{port}"), chat: None, root };
        if let Some(version) = version {
            this.root.query_pairs_mut().append_pair("api-version", version);
        }
        this.list = list.map(|list| {
            let mut url = this.call(list.split('/'));
            url.set_query(query);
            url
        });
        Ok(this)
    }

    /// The URL of a call: the segments of its path below the base, each as it is (a model's name may hold `/`).
    pub fn call<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.root.clone();
        // An http URL always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
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

fn openai_root<'a>(url: &Url, given: Vec<&'a str>, paths: &OpenAiPaths, type_name: &str) -> Vec<&'a str> {
    let path = without(without(given, &[paths.chat]), &OPENAI_CALLS);
    // Cloudflare's AI gateway stands for `…/v1` itself; the gateways drop the version there for these types.
    let cloudflare = is_cloudflare(url) && type_name == "OpenAI";
    if cloudflare { path } else { versioned(path, paths.version) }
}

/// The root of the calls, and the `api-version` they take. A base that ends in `/openai/v1` speaks for itself.
fn azure_root<'a>(url: &Url, given: Vec<&'a str>, api: AzureApi) -> (Vec<&'a str>, Option<String>) {
    let version = api.version().filter(|_| !given.ends_with(&["openai", "v1"]));
    let mut root = given;
    // Cloudflare's AI gateway stands for `…/openai/deployments`.
    if version.is_some() && is_cloudflare(url) {
        return (root, version);
    }
    if let Some(openai) = root.iter().position(|segment| *segment == "openai") {
        root.truncate(openai);
    }
    root.extend(["openai", if version.is_some() { "deployments" } else { "v1" }]);
    (root, version)
}

fn is_cloudflare(url: &Url) -> bool {
    url.host_str() == Some("gateway.ai.cloudflare.com")
}

/// The path without the first of these calls that it ends with.
fn without<'a>(mut path: Vec<&'a str>, calls: &[&str]) -> Vec<&'a str> {
    let call = calls.iter().map(|call| segments(call)).find(|call| !call.is_empty() && path.ends_with(call));
    path.truncate(path.len() - call.map_or(0, |call| call.len()));
    path
}

/// The path with the version behind it, unless it carries one; `…/compatible-mode` + `/compatible-mode/v1` overlap.
fn versioned<'a>(mut path: Vec<&'a str>, version: &'a str) -> Vec<&'a str> {
    if !carries_version(&path) {
        let version = segments(version);
        let overlap = (0..=version.len()).rev().find(|n| path.ends_with(&version[..*n])).unwrap_or(0);
        path.extend_from_slice(&version[overlap..]);
    }
    path
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// Whether the path names a version already: `…/v1`, `…/v4`, `…/v1beta/openai`.
fn carries_version(path: &[&str]) -> bool {
    match path {
        [.., version, "openai"] | [.., version] => is_version(version),
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
            assert_eq!(got.call(["chat", "completions"]).as_str(), format!("{want}/chat/completions"), "{base}");
            let list =
                format!("{want}/models{}", if base.contains("openrouter") { "?output_modalities=all" } else { "" });
            assert_eq!(got.list.unwrap().as_str(), list, "{base}");
        }
    }

    #[test]
    fn cloudflares_gateway_takes_no_version_for_openai() {
        let base = "https://gateway.ai.cloudflare.com/v1/acc/gw/openai";
        let chat = |name| Endpoints::new(&access(name, base, "/v1")).unwrap().call(["chat"]).path().to_owned();
        assert_eq!(chat("OpenAI"), "/v1/acc/gw/openai/chat");
        assert_eq!(chat("Groq"), "/v1/acc/gw/openai/v1/chat");
    }

    #[test]
    fn each_protocol_has_its_own_list_and_root() {
        let azure = Protocol::Azure(AzureApi::dated("2025-04-01-preview", true).unwrap());
        for (protocol, base, root, list) in [
            (Protocol::Anthropic, "https://a.test", "https://a.test/v1/x", Some("https://a.test/v1/models?limit=1000")),
            (
                Protocol::Anthropic,
                "https://a.test/v1/messages",
                "https://a.test/v1/x",
                Some("https://a.test/v1/models?limit=1000"),
            ),
            (
                Protocol::Anthropic,
                "https://a.test/anthropic/",
                "https://a.test/anthropic/v1/x",
                Some("https://a.test/anthropic/v1/models?limit=1000"),
            ),
            (
                Protocol::Gemini,
                "https://g.test",
                "https://g.test/v1beta/x",
                Some("https://g.test/v1beta/models?pageSize=1000"),
            ),
            (
                Protocol::Gemini,
                "https://g.test/v1",
                "https://g.test/v1/x",
                Some("https://g.test/v1/models?pageSize=1000"),
            ),
            (
                Protocol::Cohere,
                "https://c.test/v2",
                "https://c.test/x",
                Some("https://c.test/v1/models?page_size=1000"),
            ),
            (
                Protocol::Ollama,
                "http://localhost:11434/v1",
                "http://localhost:11434/x",
                Some("http://localhost:11434/api/tags"),
            ),
            (
                Protocol::Ollama,
                "http://localhost:11434",
                "http://localhost:11434/x",
                Some("http://localhost:11434/api/tags"),
            ),
            (azure, "https://r.test/", "https://r.test/openai/deployments/x?api-version=2025-04-01-preview", None),
            (
                azure,
                "https://r.test/openai",
                "https://r.test/openai/deployments/x?api-version=2025-04-01-preview",
                None,
            ),
            (azure, "https://r.test/openai/v1/", "https://r.test/openai/v1/x", None),
            (
                azure,
                "https://gateway.ai.cloudflare.com/v1/a/g/azure-openai/r",
                "https://gateway.ai.cloudflare.com/v1/a/g/azure-openai/r/x?api-version=2025-04-01-preview",
                None,
            ),
            (Protocol::Azure(AzureApi::V1), "https://r.test", "https://r.test/openai/v1/x", None),
        ] {
            let got = Endpoints::new(&Access { type_name: "Any", base: base.to_owned(), protocol }).unwrap();
            assert_eq!(got.call(["x"]).as_str(), root, "{base}");
            assert_eq!(got.list.as_ref().map(Url::as_str), list, "{base}");
        }
        let access = Access { type_name: "Any", base: "https://g.test".to_owned(), protocol: Protocol::Gemini };
        let odd = Endpoints::new(&access).unwrap().call(["models", "a/b?c d:generateContent"]);
        assert_eq!(odd.as_str(), "https://g.test/v1beta/models/a%2Fb%3Fc%20d:generateContent");
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

//! What a request to the simulated upstream asks for.
//!
//! Decides: protocol, call, model and key, by path and headers. Must not know: what is answered.

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::model::{Dialect, Kind};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// The models it has.
    List,
    /// The models in its memory.
    Loaded,
    /// An answer of this kind; every kind of chat is [`Kind::Chat`].
    Answer(Kind),
}

/// A request, read.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) dialect: Dialect,
    pub(super) wants: Wants,
    pub(super) model: String,
    pub(super) key: String,
    /// The question's own words.
    pub(super) prompt: String,
    pub(super) stream: bool,
    /// The body's JSON; what a form holds, as if it had been JSON.
    pub(super) body: Value,
    pub(super) query: Vec<(String, String)>,
    /// What no real upstream would have taken, whatever the protocol.
    pub(super) wrong: Option<Refusal>,
}

/// Headers that hold a key: one and no other may be there.
const CREDENTIALS: [&str; 4] = ["authorization", "api-key", "x-api-key", "x-goog-api-key"];
/// What stands before OpenAI's calls, in all the places where somebody serves them.
const OPENAI_ROOTS: [&str; 7] =
    ["v1", "v2", "api/v3", "api/v3/bots", "api/paas/v4", "compatible-mode/v1", "client/v4/accounts/acc/ai/v1"];

struct Place {
    dialect: Dialect,
    wants: Wants,
    /// Where it stands in the path.
    model: Option<String>,
    /// The header that holds the key.
    credential: &'static str,
    streams: bool,
}

impl Call {
    pub(super) fn read(parts: &Parts, body: &Bytes) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let query: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let headers = &parts.headers;
        let found = place(&parts.method, parts.uri.path(), headers, &query);
        let mut wrong = found.is_none().then(|| Refusal::WrongPath(format!("{} {}", parts.method, parts.uri.path())));
        let found = found.unwrap_or_else(|| openai(Wants::Answer(Kind::Chat)));
        wrong = wrong.or_else(|| wrong_headers(headers, &found));
        let body = read_body(headers, body).unwrap_or(Value::Null);
        if found.wants != Wants::List && found.wants != Wants::Loaded && !body.is_object() {
            let unreadable = "We could not parse the body of your request.".to_owned();
            wrong = wrong.or(Some(Refusal::Malformed("body", unreadable)));
        }
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let prompts = ["/messages/0/content", "/input", "/contents/0/parts/0/text", "/prompt"];
        Self {
            model: found.model.or_else(|| text("/model")).unwrap_or_default(),
            key: key_of(headers, found.credential),
            prompt: prompts.iter().find_map(|path| text(path)).unwrap_or_default(),
            stream: found.streams || body.get("stream") == Some(&Value::Bool(true)),
            dialect: found.dialect,
            wants: found.wants,
            body,
            query,
            wrong,
        }
    }

    /// A parameter of the URL.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

fn key_of(headers: &HeaderMap, credential: &str) -> String {
    let given = headers.get(credential).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.strip_prefix("Bearer ").unwrap_or(if credential == AUTHORIZATION.as_str() { "" } else { given }).to_owned()
}

fn wrong_headers(headers: &HeaderMap, found: &Place) -> Option<Refusal> {
    if CREDENTIALS.into_iter().any(|name| name != found.credential && headers.contains_key(name)) {
        return Some(Refusal::field(found.credential, "The key belongs into one header, and no other"));
    }
    let versioned = headers.get("anthropic-version").is_some_and(|version| version == "2023-06-01");
    (versioned != (found.dialect == Dialect::Anthropic)).then(|| Refusal::field("anthropic-version", "Wrong header"))
}

fn openai(wants: Wants) -> Place {
    Place { dialect: Dialect::OpenAi, wants, model: None, credential: "authorization", streams: false }
}

fn place(method: &Method, path: &str, headers: &HeaderMap, query: &[(String, String)]) -> Option<Place> {
    let asks = method == Method::POST;
    let path = path.strip_prefix('/')?;
    let segments: Vec<&str> = path.split('/').collect();
    let of = |dialect, wants| Place { dialect, wants, model: None, credential: "authorization", streams: false };
    let anthropic = |wants| Place { credential: "x-api-key", ..of(Dialect::Anthropic, wants) };
    let gemini = |wants| Place { credential: "x-goog-api-key", ..of(Dialect::Gemini, wants) };
    Some(match segments.as_slice() {
        ["v1", "messages"] if asks => anthropic(Wants::Answer(Kind::Chat)),
        ["v1", "models"] if !asks && headers.contains_key("x-api-key") => anthropic(Wants::List),
        ["v1", "models"] if !asks && query.iter().any(|(name, _)| name == "page_size") => {
            of(Dialect::Cohere, Wants::List)
        }
        ["v1beta", "models"] if !asks => gemini(Wants::List),
        ["v1beta", "models", call] if asks => {
            let (model, call) = call.rsplit_once(':')?;
            let kind = match call {
                "generateContent" | "streamGenerateContent" => Kind::Chat,
                "embedContent" => Kind::Embedding,
                "predict" => Kind::Image,
                _ => return None,
            };
            let streams = call == "streamGenerateContent";
            Place { model: Some(unescaped(model)), streams, ..gemini(Wants::Answer(kind)) }
        }
        ["openai", "deployments", model, call @ ..] if asks && query.iter().any(|(name, _)| name == "api-version") => {
            let kind = openai_call(&call.join("/")).filter(|kind| *kind != Kind::Responses)?;
            Place { model: Some(unescaped(model)), credential: "api-key", ..openai(Wants::Answer(kind)) }
        }
        ["openai", "v1", call @ ..] if asks => {
            Place { credential: "api-key", ..openai(Wants::Answer(openai_call(&call.join("/"))?)) }
        }
        ["v2", "chat"] if asks => of(Dialect::Cohere, Wants::Answer(Kind::Chat)),
        ["v2", "embed"] if asks => of(Dialect::Cohere, Wants::Answer(Kind::Embedding)),
        ["v2", "rerank"] if asks => of(Dialect::Cohere, Wants::Answer(Kind::Rerank)),
        ["api", "tags"] if !asks => of(Dialect::Ollama, Wants::List),
        ["api", "ps"] if !asks => of(Dialect::Ollama, Wants::Loaded),
        ["api", "chat"] if asks => of(Dialect::Ollama, Wants::Answer(Kind::Chat)),
        ["api", "embed"] if asks => of(Dialect::Ollama, Wants::Answer(Kind::Embedding)),
        _ => {
            let below = |root: &&str| path.strip_prefix(*root)?.strip_prefix('/');
            let call =
                OPENAI_ROOTS.iter().filter_map(below).find(|call| *call == "models" || openai_call(call).is_some());
            // Perplexity has no version.
            let call = call.unwrap_or(path);
            if call == "models" && !asks {
                openai(Wants::List)
            } else {
                openai(Wants::Answer(openai_call(call).filter(|_| asks)?))
            }
        }
    })
}

fn openai_call(path: &str) -> Option<Kind> {
    Some(match path {
        "chat/completions" => Kind::Chat,
        "responses" => Kind::Responses,
        "completions" => Kind::Completion,
        "embeddings" => Kind::Embedding,
        "rerank" => Kind::Rerank,
        "moderations" => Kind::Moderation,
        "audio/speech" => Kind::Speech,
        "audio/transcriptions" => Kind::Transcription,
        "images/generations" => Kind::Image,
        "ocr" => Kind::Ocr,
        _ => return None,
    })
}

/// `%2F` and its like, as a model's name in a path has them.
fn unescaped(segment: &str) -> String {
    let pair = format!("x={}", segment.replace('+', "%2B"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// JSON, or a form with a sound file in it.
fn read_body(headers: &HeaderMap, body: &Bytes) -> Option<Value> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if kind.starts_with("application/json") {
        return serde_json::from_slice(body).ok();
    }
    let boundary = kind.strip_prefix("multipart/form-data; boundary=")?;
    let text = String::from_utf8_lossy(body);
    let mut read = json!({});
    for part in text.strip_suffix(&format!("\r\n--{boundary}--\r\n"))?.split(&format!("--{boundary}\r\n")).skip(1) {
        let (head, content) = part.split_once("\r\n\r\n")?;
        let name = head.split("name=\"").nth(1)?.split('"').next()?;
        let file = head.contains("filename=\"") && head.contains(".wav\"") && content.starts_with("RIFF");
        read[name] = if name == "file" { file.into() } else { content.trim_end().into() };
    }
    Some(read)
}

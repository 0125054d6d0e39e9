//! A scripted upstream on a real socket: it takes exactly the requests it expects, and says of any other what is wrong.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// No probe has a reason to send these, and some model refuses each.
const UNWANTED: [&str; 9] = [
    "temperature",
    "top_p",
    "top_k",
    "stop",
    "tools",
    "presence_penalty",
    "frequency_penalty",
    "reasoning_effort",
    "thinking",
];
/// Several providers refuse a smaller limit.
const FEWEST: u64 = 16;
const LIMITS: [&str; 3] = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
/// Where a key may stand.
const AUTH: [&str; 4] = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/// One request as it must come, and what is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exchange {
    /// Path and query; none: the chat call or the list.
    pub(crate) path: Option<String>,
    /// Fields of the question with the value they must have; null: they must not be there.
    pub(crate) has: BTreeMap<String, Value>,
    /// The answer of a model that works, in the form of the call.
    works: bool,
    status: u16,
    headers: BTreeMap<String, String>,
    /// An object or list is sent as JSON, a text as it stands. `{key}`, `{model}`, `{base}` and `{sum}`, the right
    /// answer, are filled in.
    body: Value,
    /// Instead of a body: sent one by one, `pause_ms` apart.
    chunks: Vec<String>,
    pause_ms: u64,
    fault: Option<Fault>,
}

impl Default for Exchange {
    fn default() -> Self {
        let (path, has, headers, chunks) = (None, BTreeMap::new(), BTreeMap::new(), vec![]);
        Self { path, has, works: false, status: 200, headers, body: Value::Null, chunks, pause_ms: 0, fault: None }
    }
}

impl Exchange {
    /// Whether it never ends.
    pub(crate) fn hangs(&self) -> bool {
        matches!(self.fault, Some(Fault::Hang))
    }
}

/// How an answer breaks below HTTP.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Fault {
    /// Closed without an answer.
    Close,
    /// Nothing is ever said, or no more after the chunks.
    Hang,
    /// Fewer bytes than promised.
    Short,
}

/// What is expected of every request.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) key: String,
    pub(crate) model: String,
    /// The one header that holds the key, and nothing else may; empty: none does.
    pub(crate) auth: String,
    /// Without a path of the exchange's own.
    pub(crate) path: String,
}

/// Runs until dropped.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    /// The key that it wants.
    pub(crate) key: String,
    seen: Arc<Mutex<Seen>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: usize,
    problems: Vec<String>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Scripted {
    /// Plays `script` once; the last exchange again and again if `repeats`.
    pub(crate) async fn start(script: Vec<Exchange>, repeats: bool, expected: Expected) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let key = expected.key.clone();
        let play = Arc::new(Play { script, repeats, expected, seen: Arc::clone(&seen), address });
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let play = Arc::clone(&play);
                tokio::spawn(async move { play.serve(socket).await });
            }
        });
        Self { address, key, seen, server }
    }

    /// How many requests came, and what was wrong with them.
    pub(crate) fn seen(&self) -> (usize, Vec<String>) {
        let seen = self.seen.lock().unwrap();
        (seen.requests, seen.problems.clone())
    }
}

struct Play {
    script: Vec<Exchange>,
    repeats: bool,
    expected: Expected,
    seen: Arc<Mutex<Seen>>,
    address: SocketAddr,
}

struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Play {
    /// One request a connection.
    async fn serve(&self, socket: TcpStream) {
        let mut socket = BufReader::new(socket);
        // A TLS handshake, or a connection that is never used.
        let Some(request) = read(&mut socket).await else { return };
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.requests += 1;
            seen.requests - 1
        };
        let exchange = self.script.get(number).or_else(|| self.script.last().filter(|_| self.repeats));
        let problem = match exchange {
            Some(exchange) => self.problem(&request, exchange),
            None => Some(format!("{} {} was not expected any more", request.method, request.path)),
        };
        let socket = socket.get_mut();
        match (exchange, problem) {
            (Some(exchange), None) => self.answer(socket, &request, exchange).await,
            (_, problem) => {
                self.seen.lock().unwrap().problems.extend(problem);
                let _ = socket.write_all(b"HTTP/1.1 418 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
            }
        }
    }

    /// What a strict upstream would not have taken.
    fn problem(&self, request: &Request, exchange: &Exchange) -> Option<String> {
        let Expected { key, model, auth, path } = &self.expected;
        let path = fill(exchange.path.as_ref().unwrap_or(path), key, model, "");
        if request.path != path {
            return Some(format!("{} {} instead of {path}", request.method, request.path));
        }
        for header in AUTH {
            let given = request.headers.get(header).map(String::as_str).unwrap_or_default();
            let wanted = match header {
                _ if header != auth => String::new(),
                "authorization" => format!("Bearer {key}"),
                _ => key.clone(),
            };
            if given != wanted {
                return Some(format!("{path}: wrong {header} header"));
            }
        }
        if auth == "x-api-key" && !request.headers.contains_key("anthropic-version") {
            return Some(format!("{path}: no anthropic-version"));
        }
        if request.method == "GET" {
            return (!request.body.is_empty()).then(|| format!("GET {path} with a body"));
        }
        let kind = request.headers.get("content-type").cloned().unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            return None;
        }
        let Ok(Value::Object(question)) = serde_json::from_slice::<Value>(&request.body) else {
            return Some(format!("{path}: the question is no JSON object"));
        };
        if !kind.starts_with("application/json") {
            return Some(format!("{path}: content-type {kind}"));
        }
        if question.get("model").is_some_and(|asked| asked != model.as_str())
            || !question.contains_key("model") && !path.contains(model.as_str())
        {
            return Some(format!("{path}: another model than {model}"));
        }
        if let Some(field) = UNWANTED.into_iter().find(|field| question.contains_key(*field)) {
            return Some(format!("{path}: {field} was sent"));
        }
        let small = |field: &&str| question.get(*field).is_some_and(|limit| limit.as_u64().is_none_or(|n| n < FEWEST));
        if let Some(field) = LIMITS.into_iter().find(small) {
            return Some(format!("{path}: {field} is {}", question[field]));
        }
        exchange.has.iter().find_map(|(field, wanted)| {
            let got = question.get(field).unwrap_or(&Value::Null);
            (got != wanted).then(|| format!("{path}: {field} is {got}, not {wanted}"))
        })
    }

    async fn answer(&self, socket: &mut TcpStream, request: &Request, exchange: &Exchange) {
        let Expected { key, model, .. } = &self.expected;
        let fill = |text: &str| {
            let text = fill(text, key, model, &format!("http://{}", self.address));
            text.replace("{sum}", &sum(&request.body))
        };
        let mut headers = exchange.headers.clone();
        let body = match &exchange.body {
            Value::Null if exchange.works => works(request, &mut headers),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => json.to_string(),
        };
        let body = fill(&body);
        let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", exchange.status);
        headers.entry("content-type".to_owned()).or_insert_with(|| "application/json".to_owned());
        for (name, value) in &headers {
            write!(head, "{name}: {}\r\n", fill(value)).unwrap();
        }
        let length = match exchange.fault {
            Some(Fault::Close) => return,
            Some(Fault::Hang) if exchange.chunks.is_empty() => return std::future::pending().await,
            Some(Fault::Short) => Some(body.len() + 100),
            Some(Fault::Hang) | None => exchange.chunks.is_empty().then_some(body.len()),
        };
        if let Some(length) = length {
            write!(head, "content-length: {length}\r\n").unwrap();
        }
        if socket.write_all((head + "\r\n" + &body).as_bytes()).await.is_err() {
            return;
        }
        for chunk in &exchange.chunks {
            if socket.write_all(fill(chunk).as_bytes()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(exchange.pause_ms)).await;
        }
        if matches!(exchange.fault, Some(Fault::Hang)) {
            std::future::pending::<()>().await;
        }
        let _ = socket.shutdown().await;
    }
}

fn fill(text: &str, key: &str, model: &str, base: &str) -> String {
    text.replace("{key}", key).replace("{model}", model).replace("{base}", base)
}

/// The sum that the question asks for.
fn sum(question: &[u8]) -> String {
    let text = String::from_utf8_lossy(question);
    let sums = text.match_indices('+').filter_map(|(at, _)| {
        let left: String = text[..at].chars().rev().take_while(char::is_ascii_digit).collect();
        let right: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        let left: u32 = left.chars().rev().collect::<String>().parse().ok()?;
        Some((left + right.parse::<u32>().ok()?).to_string())
    });
    sums.into_iter().next().unwrap_or_else(|| "no sum was asked for".to_owned())
}

/// The answer of a model that works, in OpenAI's form.
fn works(request: &Request, headers: &mut BTreeMap<String, String>) -> String {
    let streamed = serde_json::from_slice::<Value>(&request.body).is_ok_and(|asked| asked["stream"] == true);
    let answer = match request.path.rsplit('/').next().unwrap_or_default() {
        "responses" => json!({
            "id": "resp_1", "object": "response", "status": "completed", "model": "{model}",
            "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "{sum}"}]}],
            "usage": {"input_tokens": 20, "output_tokens": 1},
        }),
        "embeddings" => json!({
            "object": "list", "model": "{model}", "data": [{"index": 0, "embedding": [0.1, -0.2, 0.3]}],
            "usage": {"prompt_tokens": 2, "total_tokens": 2},
        }),
        "rerank" => json!({
            "model": "{model}",
            "results": [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}],
        }),
        "completions" if !request.path.ends_with("/chat/completions") => json!({
            "id": "cmpl-1", "object": "text_completion", "model": "{model}",
            "choices": [{"index": 0, "text": " blue", "finish_reason": "length"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 16},
        }),
        _ if streamed => {
            headers.insert("content-type".to_owned(), "text/event-stream".to_owned());
            let chunk = |delta: Value, finish: Value| {
                let chunk = json!({
                    "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "{model}",
                    "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
                });
                format!("data: {chunk}\n\n")
            };
            return chunk(json!({"role": "assistant", "content": ""}), Value::Null)
                + &chunk(json!({"content": "{sum}"}), Value::Null)
                + &chunk(json!({}), json!("stop"))
                + "data: [DONE]\n\n";
        }
        _ => json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "{model}",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "{sum}"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 1},
        }),
    };
    answer.to_string()
}

async fn read(socket: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    socket.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await.ok()?;
    Some(Request { method, path, headers, body })
}

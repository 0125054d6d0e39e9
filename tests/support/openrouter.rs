//! OpenRouter's API on a loopback port, as strict as the real one: what it would refuse is refused, and told.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const KEY: &str = "sk-or-v1-canary-0123456789abcdef";

/// What it holds; may be changed while it runs.
#[derive(Default)]
pub(crate) struct World {
    /// The catalogue.
    pub(crate) models: Vec<Value>,
    /// Endpoints by model; one without is unknown there.
    pub(crate) endpoints: BTreeMap<String, Value>,
    /// Models that the account's settings leave out.
    pub(crate) closed: Vec<String>,
    /// Whether the account ever bought credits.
    pub(crate) bought: bool,
    /// Models a page; 0: all in one.
    pub(crate) page: usize,
    /// In place of the page's own link to the next.
    pub(crate) link: Option<String>,
    /// In place of the list: a status and a body.
    pub(crate) list: Option<(u16, String)>,
    /// What a model answers: a status and a body; without, it works.
    pub(crate) answers: BTreeMap<String, (u16, Value)>,
    /// Every request, as `METHOD path?query`; a question as `ask MODEL`.
    pub(crate) asked: Vec<String>,
    /// Who they said they come from: `HTTP-Referer` and `X-OpenRouter-Title`.
    pub(crate) named: Vec<(String, String)>,
    /// Requests that the real one would refuse, and why.
    pub(crate) malformed: Vec<String>,
}

pub(crate) struct OpenRouter {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    server: JoinHandle<()>,
}

impl OpenRouter {
    pub(crate) async fn start(world: World) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(Mutex::new(world));
        let app = Router::new().fallback(serve).with_state(Arc::clone(&world));
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { address, world, server }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// The models that were asked a question, in order.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.world().asked.iter().filter_map(|asked| asked.strip_prefix("ask ")).map(str::to_owned).collect()
    }

    pub(crate) fn requests(&self, start: &str) -> usize {
        self.world().asked.iter().filter(|asked| asked.starts_with(start)).count()
    }
}

impl Drop for OpenRouter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    State(world): State<Arc<Mutex<World>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = world.lock().unwrap();
    let told = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    world.named.push((told("http-referer"), told("x-openrouter-title")));
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (has_key, query) = (given == Some(&format!("Bearer {KEY}")), uri.query().unwrap_or_default());
    if given.is_some() && !has_key {
        // It repeats the key: what shows it to anyone has to take it out.
        return error(401, &format!("User not found for {}", given.unwrap_or_default()));
    }
    let Some(path) = uri.path().strip_prefix("/api/v1/") else {
        world.malformed.push(format!("{method} {uri}"));
        return error(404, "Not Found");
    };
    if (method.as_str(), path) == ("POST", "chat/completions") {
        return question(&mut world, &headers, has_key, &body);
    }
    world.asked.push(format!("{method} {path}{}{query}", if query.is_empty() { "" } else { "?" }));
    let parts: Vec<_> = path.split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["models"]) => list(&world, path, query, &[]),
        ("GET", ["key" | "credits"] | ["models", "user"]) if !has_key => error(401, "No auth credentials found"),
        ("GET", ["models", "user"]) => list(&world, path, query, &world.closed),
        ("GET", ["key"]) => {
            let data =
                json!({ "label": "sk-or-v1-can...def", "limit": null, "usage": 0, "is_free_tier": !world.bought });
            answer(200, &json!({ "data": data }))
        }
        ("GET", ["credits"]) => error(403, "Only management keys can perform this operation"),
        ("GET", ["models", author, slug, "endpoints"]) => {
            let Some(mut endpoints) = world.endpoints.get(&format!("{author}/{slug}")).cloned() else {
                return error(404, "Not Found");
            };
            for endpoint in endpoints.as_array_mut().into_iter().flatten().filter(|_| !has_key) {
                endpoint["latency_last_30m"] = Value::Null;
            }
            answer(200, &json!({ "data": { "id": format!("{author}/{slug}"), "endpoints": endpoints } }))
        }
        _ => {
            world.malformed.push(format!("{method} {uri}"));
            error(404, "Not Found")
        }
    }
}

fn list(world: &World, path: &str, query: &str, closed: &[String]) -> Response {
    if let Some((status, body)) = &world.list {
        return (StatusCode::from_u16(*status).unwrap(), body.clone()).into_response();
    }
    let query: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let all = query.get("output_modalities").is_some_and(|wanted| wanted == "all");
    let text = |model: &&Value| {
        let gives = model.pointer("/architecture/output_modalities");
        all || gives.and_then(Value::as_array).is_some_and(|gives| gives.contains(&json!("text")))
    };
    let open = |model: &&Value| !closed.iter().any(|one| model["id"] == one.as_str());
    let models: Vec<_> = world.models.iter().filter(text).filter(open).cloned().collect();
    let offset: usize = query.get("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0);
    let page = if world.page == 0 { models.len() } else { world.page };
    let next = offset + page;
    let link = world.link.clone().unwrap_or(format!("/api/v1/{path}?output_modalities=all&offset={next}"));
    let link = (next < models.len()).then_some(link);
    let data: Vec<_> = models.iter().skip(offset).take(page).collect();
    answer(200, &json!({ "data": data, "total_count": models.len(), "links": { "next": link } }))
}

fn question(world: &mut World, headers: &HeaderMap, has_key: bool, body: &[u8]) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    world.asked.push(format!("ask {model}"));
    if !has_key {
        return error(401, "No auth credentials found");
    }
    if headers.get("x-openrouter-cache").is_none_or(|value| value != "false") {
        world.malformed.push(format!("{model}: an answer may come from a cache"));
    }
    let limit = body["max_tokens"].as_u64().or(body["max_completion_tokens"].as_u64());
    if limit.is_none_or(|limit| limit < 16) || body.get("models").is_some() {
        world.malformed.push(format!("{model}: {body}"));
        return error(400, "max_tokens: the minimum is 16");
    }
    if let Some((status, said)) = world.answers.get(&model) {
        return answer(*status, said);
    }
    if !world.models.iter().any(|known| known["id"] == model.as_str()) {
        let code = json!({ "code": "model_not_found", "retryable": false });
        let message = format!("{model} is not a valid model ID");
        return answer(400, &json!({ "error": { "code": 400, "message": message, "availability": code } }));
    }
    let choice = json!({ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "4" } });
    let usage = json!({ "prompt_tokens": 20, "completion_tokens": 1, "total_tokens": 21 });
    answer(
        200,
        &json!({ "id": "gen-1", "object": "chat.completion", "model": model, "choices": [choice], "usage": usage }),
    )
}

fn error(code: u16, message: &str) -> Response {
    answer(code, &json!({ "error": { "code": code, "message": message } }))
}

fn answer(status: u16, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::from_u16(status).unwrap(), kind, body.to_string()).into_response()
}

/// An entry of the catalogue that answers in text.
pub(crate) fn model(id: &str, price: &str) -> Value {
    json!({
        "id": id, "name": id, "created": 1_790_000_000, "context_length": 131_072, "description": "long text",
        "architecture": { "modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"] },
        "pricing": { "prompt": price, "completion": price, "request": "0", "image": "0", "discount": 0 },
        "top_provider": { "context_length": 131_072, "max_completion_tokens": 8192, "is_moderated": false },
        "supported_parameters": ["max_tokens", "temperature"], "expiration_date": null,
    })
}

/// One endpoint that charges nothing.
pub(crate) fn endpoint(status: i64, uptime_30m: Option<f64>) -> Value {
    json!({
        "name": "Acme | a/b", "provider_name": "Acme", "tag": "acme", "status": status,
        "uptime_last_5m": uptime_30m, "uptime_last_30m": uptime_30m, "uptime_last_1d": uptime_30m.map(|_| 99.5),
        "latency_last_30m": { "p50": 412.0, "p75": 800.0, "p90": 1200.0, "p99": 4000.0 },
        "throughput_last_30m": { "p50": 61.5, "p75": 50.0, "p90": 30.0, "p99": 5.0 },
        "pricing": { "prompt": "0", "completion": "0", "discount": 0 },
    })
}

/// A catalogue with one model of every sort, and what is measured of them.
pub(crate) fn everything() -> World {
    let mut eye = model("acme/eye-1:free", "0");
    eye["architecture"]["input_modalities"] = json!(["text", "image"]);
    eye["supported_parameters"] = json!(["max_tokens", "reasoning"]);
    eye["expiration_date"] = json!("2099-12-31");
    let mut painter = model("acme/painter:free", "0");
    painter["architecture"]["output_modalities"] = json!(["image"]);
    let models = vec![
        eye,
        model("acme/quiet:free", "0"),
        model("acme/shaky:free", "0"),
        model("acme/ended:free", "0"),
        model("acme/closed:free", "0"),
        painter,
        model("cloaked/alpha", "0"),
        model("acme/paid", "0.00000015"),
        model("openrouter/free", "0"),
        model("openrouter/auto", "-1"),
        json!({ "id": "broken,entry" }),
    ];
    let endpoints = [
        ("acme/eye-1:free", json!([endpoint(0, Some(99.25)), endpoint(-5, Some(10.0))])),
        ("acme/quiet:free", json!([endpoint(0, None)])),
        ("acme/shaky:free", json!([endpoint(-2, Some(61.0))])),
        ("acme/ended:free", json!([])),
        ("acme/closed:free", json!([endpoint(0, Some(100.0))])),
        ("acme/painter:free", json!([endpoint(0, Some(98.0))])),
        ("cloaked/alpha", json!([endpoint(0, Some(97.0))])),
    ];
    let endpoints = endpoints.into_iter().map(|(id, all)| (id.to_owned(), all)).collect();
    World { models, endpoints, closed: vec!["acme/closed:free".to_owned()], ..World::default() }
}

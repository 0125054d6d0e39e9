//! Its endpoints: who may, and what comes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State as AppState};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use url::form_urlencoded;

use super::{Deployed, Knobs, MASTER_KEY, State, bodies};

type Shared = Arc<Mutex<Knobs>>;

/// How long a deployment rests after a 401 or 404.
const COOLDOWN: Duration = Duration::from_secs(5);

pub(super) async fn answer(AppState(knobs): AppState<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let whole = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let instead = {
        let mut knobs = knobs.lock().unwrap();
        knobs.calls.push(format!("{} {whole}", parts.method));
        knobs.instead.iter().find(|(start, ..)| whole.starts_with(start)).cloned()
    };
    if let Some((_, status, body)) = instead {
        return says(status, body);
    }
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let method = match path.as_str() {
        "/health/liveliness" | "/health/liveness" | "/health/readiness" | "/health" | "/model/info"
        | "/v1/model/info" | "/v1/models" | "/models" => Method::GET,
        "/v1/chat/completions" | "/chat/completions" | "/model/block" | "/model/unblock" => Method::POST,
        _ => return says(404, r#"{"detail":"Not Found"}"#.to_owned()),
    };
    if parts.method != method {
        return says(405, r#"{"detail":"Method Not Allowed"}"#.to_owned());
    }
    match path.as_str() {
        "/health/liveliness" | "/health/liveness" => return says(200, r#""I'm alive!""#.to_owned()),
        "/health/readiness" => {
            let db = if knobs.lock().unwrap().database { "connected" } else { "Not connected" };
            return says(200, json!({ "status": "healthy", "db": db }).to_string());
        }
        _ => {}
    }
    if let Some(refused) = refused(&knobs.lock().unwrap(), &parts.headers) {
        return refused;
    }
    match path.as_str() {
        "/health" => {
            let query = parts.uri.query().unwrap_or_default();
            let name = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "model");
            health(knobs, name.map(|(_, name)| name.into_owned())).await
        }
        "/model/info" | "/v1/model/info" => {
            let knobs = knobs.lock().unwrap();
            let shown = knobs.late.as_ref().unwrap_or(&knobs.deployments);
            let data: Vec<_> = shown.iter().map(bodies::model_info).collect();
            says(200, json!({ "data": data }).to_string())
        }
        "/v1/models" | "/models" => says(200, models(&knobs.lock().unwrap()).to_string()),
        "/model/block" | "/model/unblock" => block(&mut knobs.lock().unwrap(), &body, path == "/model/block"),
        _ => chat(&mut knobs.lock().unwrap(), &body),
    }
}

/// Who has not its master key.
fn refused(knobs: &Knobs, headers: &HeaderMap) -> Option<Response> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|text| text.strip_prefix("Bearer "));
    let key = bearer.or_else(|| header("x-api-key")).or_else(|| header("api-key"));
    match key {
        Some(MASTER_KEY) => None,
        Some(_) | None if knobs.no_prisma => Some((500, "Internal Server Error".to_owned()).response("text/plain")),
        None => Some(error(401, "Authentication Error, No api key passed in.", "auth_error")),
        Some(_) if knobs.database => Some(error(
            401,
            "Authentication Error, Invalid proxy server token passed. Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
            "token_not_found_in_db",
        )),
        Some(_) => Some(error(400, "No connected db.", "no_db_connection")),
    }
}

async fn health(knobs: Shared, name: Option<String>) -> Response {
    let (asked, old, details, cap) = {
        let knobs = knobs.lock().unwrap();
        let named = |one: &&Deployed| name.as_ref().is_none_or(|name| *name == one.name);
        let told = |one: &&Deployed| one.state != State::Omitted;
        let asked: Vec<_> = knobs.deployments.iter().filter(named).filter(told).cloned().collect();
        (asked, knobs.old, knobs.details, knobs.cap)
    };
    let status = |endpoints: &[(bool, Value)]| {
        let none = !endpoints.iter().any(|(well, _)| *well);
        if none && name.is_some() && !old { 503 } else { 200 }
    };
    let background = knobs.lock().unwrap().background;
    let endpoints: Vec<_> = match background {
        Some(false) if name.is_none() => return says(200, "{}".to_owned()),
        Some(false) => vec![],
        Some(true) => asked.iter().map(|one| bodies::endpoint(one, one.takes > cap, details, old)).collect(),
        None => {
            {
                let mut knobs = knobs.lock().unwrap();
                knobs.in_flight += 1;
                knobs.most_in_flight = knobs.most_in_flight.max(knobs.in_flight);
                knobs.checked.extend(asked.iter().map(|one| one.id.clone()));
            }
            let slowest = asked.iter().map(|one| one.takes.min(cap)).max().unwrap_or_default();
            // Of its own: it goes on when the caller has left.
            let check = tokio::spawn(async move {
                sleep(slowest).await;
                knobs.lock().unwrap().in_flight -= 1;
                asked.iter().map(|one| bodies::endpoint(one, one.takes > cap, details, old)).collect()
            });
            check.await.unwrap()
        }
    };
    let status = status(&endpoints);
    says(status, bodies::health(endpoints).to_string())
}

/// Public names of which some deployment is open.
fn models(knobs: &Knobs) -> Value {
    let mut names: Vec<&str> = vec![];
    for one in knobs.deployments.iter().filter(|one| !one.blocked) {
        if !names.contains(&one.name.as_str()) {
            names.push(&one.name);
        }
    }
    let model = |name| json!({ "id": name, "object": "model", "created": 1_677_610_602, "owned_by": "openai" });
    json!({ "data": names.into_iter().map(model).collect::<Vec<_>>(), "object": "list" })
}

/// Blocks or unblocks a deployment of its database.
fn block(knobs: &mut Knobs, body: &[u8], blocked: bool) -> Response {
    if knobs.old {
        return says(404, r#"{"detail":"Not Found"}"#.to_owned());
    }
    if !knobs.database {
        return says(500, bodies_of("admin-nodb-model-block.json"));
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = body["model_id"].as_str().unwrap_or_default().to_owned();
    if blocked && knobs.stuck.as_ref() == Some(&id) {
        return error(500, "Error updating model blocked status: oops", "internal_server_error");
    }
    let Some(place) = knobs.deployments.iter().position(|one| one.id == id) else {
        return error(404, &format!("Model {id} not found on proxy."), "not_found_error");
    };
    if !knobs.deployments[place].in_database {
        let why = "Cannot edit config-based model. Store model in DB via /model/new first.";
        return error(400, why, "validation_error");
    }
    // It is read anew from the database: its router takes it out, and puts it at the end.
    let mut one = knobs.deployments.remove(place);
    one.blocked = blocked;
    let name = one.name.clone();
    knobs.deployments.push(one);
    says(200, json!({ "model_id": id, "model_name": name, "blocked": blocked }).to_string())
}

fn bodies_of(sample: &str) -> String {
    let path = format!("{}/tests/litellm/samples/{sample}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// A question: by the first deployment that is open and not resting.
fn chat(knobs: &mut Knobs, body: &[u8]) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let name = body["model"].as_str().unwrap_or_default().to_owned();
    let now = Instant::now();
    let mut named: Vec<&mut Deployed> = knobs.deployments.iter_mut().filter(|one| one.name == name).collect();
    if named.is_empty() {
        let (status, body) = bodies::sample("chat-unknown-model.http.txt");
        return says(status, body);
    }
    named.retain(|one| !one.blocked);
    if named.is_empty() {
        return error(403, "litellm.PermissionDeniedError: Model is blocked", "permission_error");
    }
    let ids: Vec<_> = named.iter().map(|one| one.id.clone()).collect();
    let Some(one) = named.into_iter().find(|one| one.cooldown.is_none_or(|until| until <= now)) else {
        let why = format!(
            "No deployments available for selected model, Try again in 5 seconds. All deployments for selected model are in cooldown. Passed model={name}. pre-call-checks=False, cooldown_list={ids:?}"
        );
        return error(429, &why, "all_deployments_in_cooldown");
    };
    match &one.state {
        State::Well | State::Omitted => {
            let (status, body) = bodies::sample("chat-gpt-work.http.txt");
            let mut response = says(status, body);
            response.headers_mut().insert("x-litellm-model-id", one.id.parse().unwrap());
            response.headers_mut().insert("x-litellm-attempted-fallbacks", "0".parse().unwrap());
            response
        }
        State::Ill(sample) => {
            let (status, body) = bodies::sample(&format!("chat-{sample}.http.txt"));
            if matches!(status, 401 | 404) {
                one.cooldown = Some(now + COOLDOWN);
            }
            says(status, body)
        }
        State::Says(status, words) => error(*status, words, "invalid_request_error"),
    }
}

fn error(status: u16, message: &str, sort: &str) -> Response {
    let error = json!({ "message": message, "type": sort, "param": null, "code": status.to_string() });
    says(status, json!({ "error": error }).to_string())
}

fn says(status: u16, body: String) -> Response {
    (status, body).response("application/json")
}

trait Said {
    fn response(self, content_type: &'static str) -> Response;
}

impl Said for (u16, String) {
    fn response(self, content_type: &'static str) -> Response {
        let status = axum::http::StatusCode::from_u16(self.0).unwrap();
        (status, [("content-type", content_type)], self.1).into_response()
    }
}

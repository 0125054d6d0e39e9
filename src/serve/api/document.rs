//! The description of the API: `OpenAPI` for programs, and a page made from it for people.
//!
//! Decides: what every operation has in common (errors, marks, paging, rights), and how the page looks.
//! Must not know: what the paths do.

mod readable;

use std::sync::Arc;

use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;
use utoipa::openapi::OpenApi;

use super::error::{Code, ErrorBody, Told};
use super::version::VERSION;

/// The API described, whole. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Document {
    openapi: Arc<Value>,
    page: Arc<str>,
}

/// What every operation may be answered with beside its own answers: the status, and when.
const ERRORS: [(&str, &str); 6] = [
    ("400", "The request is not as it should be: `bad_request`."),
    ("401", "A token is needed, or the one given is not it: `unauthorized`."),
    ("403", "This asker may not: `forbidden`."),
    ("429", "Too many wrong tokens: `rate_limited`; `Retry-After` says when again."),
    ("500", "A mistake of ours; our log says more: `internal`."),
    ("503", "It cannot be answered just now: `unavailable`."),
];

const TAGS: [(&str, &str); 8] = [
    ("overview", "The whole in a few figures."),
    ("models", "Models, one by one, and over time."),
    ("rounds", "What each round came to."),
    ("changes", "What was written, what is wanted, what is held back, and what stops writes."),
    ("alerts", "What is wrong just now, and the messages about it."),
    ("litellm", "What stands behind each LiteLLM, as it was last seen. Reading asks nobody."),
    ("acts", "What a person may ask to be done. Needs the right to act."),
    ("session", "Who asks, and what they may."),
];

const DESCRIPTION: &str = "Keeps LLM gateways truthful: what works on every channel of every gateway, what was changed \
and why, and the buttons for it.\n\nAll answers are JSON with times in RFC 3339, UTC. Names and texts of upstreams are \
given as they came (secrets taken out): escape them. Lists are plain arrays; `X-Total-Count` tells how many rows there \
are, and `Link: <…>; rel=\"next\"` where the next part is. Every good answer to a GET carries an `ETag`: send it back \
as `If-None-Match`, and an answer that is the same is a 304 without a body. Errors are \
`{\"error\": {\"code\", \"message\", \"hint\"}}`, and `code` stays the same over versions.\n\nReading needs \
`web.read_token` where one is configured, acting `web.act_token`: as `Authorization: Bearer …`, or as the session \
cookie that `POST /api/login` gives (a mutation by cookie also needs the header `X-CSRF-Token`).";

impl Document {
    /// Completes what the handlers say of themselves.
    pub(super) fn new(openapi: &OpenApi) -> Self {
        let mut document = serde_json::to_value(openapi).unwrap_or_default();
        document["info"] = json!({
            "title": "channelwarden",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        });
        document["tags"] = TAGS.map(|(name, description)| json!({ "name": name, "description": description })).into();
        document["security"] = json!([{}, { "bearer": [] }, { "session": [] }]);
        document["components"]["securitySchemes"] = json!({
            "bearer": { "type": "http", "scheme": "bearer", "description": "`web.read_token` or `web.act_token`." },
            "session": { "type": "apiKey", "in": "cookie", "name": "channelwarden_session" },
        });
        for (name, schema) in [("ErrorBody", ErrorBody::schema()), ("Told", Told::schema()), ("Code", Code::schema())] {
            document["components"]["schemas"][name] = serde_json::to_value(schema).unwrap_or_default();
        }
        let optional = may_be_left_out(&document["components"]["schemas"]);
        let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::iter_mut);
        for (path, item) in paths {
            for (method, operation) in item.as_object_mut().into_iter().flat_map(Map::iter_mut) {
                complete(path, method, operation);
                let body = operation.pointer("/requestBody/content/application~1json/schema/$ref");
                if body.and_then(Value::as_str).is_some_and(|body| optional.iter().any(|name| body.ends_with(name))) {
                    operation["requestBody"]["required"] = false.into();
                }
            }
        }
        let page = readable::page(&document).into();
        Self { openapi: Arc::new(document), page }
    }
}

/// The schemas that require nothing: a body of such a form may be left out.
fn may_be_left_out(schemas: &Value) -> Vec<String> {
    let all = schemas.as_object().into_iter().flatten();
    all.filter(|(_, schema)| schema["required"].is_null()).map(|(name, _)| format!("/{name}")).collect()
}

/// What every operation has in common.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let error = |description: &str| {
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/ErrorBody" } } });
        json!({ "description": description, "content": content })
    };
    let acts = method == "post";
    let mut common: Vec<_> = ERRORS.map(|(status, description)| (status, error(description))).into();
    if path.contains('{') || acts || takes_a_gateway(operation) {
        common.push(("404", error("There is no such thing: `not_found`.")));
    }
    if acts {
        common.push(("409", error("It cannot be done as things stand: `conflict`.")));
        common.push(("413", error("The body is too large: `bad_request`.")));
        common.push(("415", error("The body is no JSON: `bad_request`.")));
    } else {
        common.push(("304", json!({ "description": "The same as what `If-None-Match` names." })));
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in common {
        let told = responses.entry(status).or_insert_with(|| response.clone());
        if told["content"].is_null() && !response["content"].is_null() {
            told["content"] = response["content"].clone();
        }
    }
    if let Some(good) = responses.get_mut("200") {
        let schema = good.pointer("/content/application~1json/schema/type");
        let mut headers = Map::new();
        if schema.is_some_and(|kind| kind == "array") {
            headers.insert("X-Total-Count".to_owned(), json!({
                "description": "How many rows there are in all (lists with `offset`).", "schema": { "type": "integer" },
            }));
            headers.insert(
                "Link".to_owned(),
                json!({
                    "description": "Where the next part is, if there is one.", "schema": { "type": "string" },
                }),
            );
        }
        if !acts && good.pointer("/content/application~1json").is_some() {
            headers.insert(
                "ETag".to_owned(),
                json!({
                    "description": "The mark of this content.", "schema": { "type": "string" },
                }),
            );
        }
        if !headers.is_empty() {
            good["headers"] = Value::Object(headers);
        }
    }
}

fn takes_a_gateway(operation: &Value) -> bool {
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.any(|parameter| parameter["name"] == "gateway")
}

/// This description, as `OpenAPI` 3.1.
#[utoipa::path(get, path = "/api/openapi.json", tag = "overview",
    responses((status = 200, body = Object, content_type = "application/json")))]
pub(super) async fn json(Extension(document): Extension<Document>) -> Json<Arc<Value>> {
    Json(document.openapi)
}

/// This description, to be read.
#[utoipa::path(get, path = "/api", tag = "overview",
    responses((status = 200, body = String, content_type = "text/html")))]
pub(super) async fn page(Extension(document): Extension<Document>) -> Html<String> {
    Html(document.page.to_string())
}

/// How it looks.
pub(super) async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")],
        include_str!("document/style.css"),
    )
}

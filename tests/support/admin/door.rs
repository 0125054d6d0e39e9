//! Who may come in: recorded, counted, looked at, and sent to the right call.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Call, Fault, Program, Shared, USER_KEY, When};
use crate::databases::Lit;

/// The parts of a call that its answer rests on.
pub(super) struct Asked {
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// The token's user has the role of root.
    pub(super) root: bool,
}

impl Asked {
    /// A parameter of the query, where it is there.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// As Go's `strconv.Atoi` with its error thrown away: 0 where it is none.
    pub(super) fn number(&self, name: &str) -> i64 {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }
}

pub(super) type Answer = Response<Body>;

pub(super) fn says(status: u16, body: &Value) -> Answer {
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    answer.body(Body::from(body.to_string())).unwrap()
}

/// HTTP 200 and `success: true`.
pub(super) fn done(data: &Value) -> Answer {
    says(200, &json!({ "success": true, "message": "", "data": data }))
}

/// HTTP 200 and `success: false`.
pub(super) fn no(message: &str) -> Answer {
    says(200, &json!({ "success": false, "message": message }))
}

/// The connection ends in the middle of an answer.
fn cut() -> Answer {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Response::builder().header(header::CONTENT_LENGTH, 100).body(Body::from_stream(broken)).unwrap()
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    says(status, &json!({ "success": false, "code": code, "message": message }))
}

pub(super) async fn enter(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let path = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let named = format!("{method} {path}");
    {
        let mut knobs = shared.knobs();
        let body = serde_json::from_slice(&body).ok();
        knobs.calls.push(Call { method: method.to_string(), path, body });
        if let Some(left) = &mut knobs.answers_left {
            let Some(less) = left.checked_sub(1) else { return cut() };
            *left = less;
        }
        if let Some(rate) = knobs.rate {
            let now = Instant::now();
            while knobs.recent.front().is_some_and(|then| now - *then >= rate.within) {
                knobs.recent.pop_front();
            }
            if knobs.recent.len() >= rate.calls {
                knobs.too_soon += 1;
                let mut answer = Response::builder().status(429);
                if let Some(wait) = rate.retry_after {
                    answer = answer.header(header::RETRY_AFTER, wait);
                }
                return answer.body(Body::empty()).unwrap();
            }
            knobs.recent.push_back(now);
        }
    }
    shared.interfere(When::Before, &named).await;
    let fault = {
        let mut knobs = shared.knobs();
        let at = knobs.faults.iter().position(|(of, _)| *of == method.as_str());
        at.and_then(|at| knobs.faults.remove(at)).map(|(_, fault)| fault)
    };
    let answer = match fault {
        None => route(&shared, &method, &uri, &headers, body).await,
        Some(Fault::CutBefore) => cut(),
        Some(Fault::CutAfter) => {
            let answer = route(&shared, &method, &uri, &headers, body).await;
            assert!(answer.status().is_success(), "{named} was to be done");
            cut()
        }
        Some(Fault::SaysNo(message)) => no(&message),
        Some(Fault::Says(status, body)) => Response::builder().status(status).body(Body::from(body)).unwrap(),
    };
    shared.interfere(When::After, &named).await;
    answer
}

impl Shared {
    /// What somebody else does right now.
    async fn interfere(&self, now: When, named: &str) {
        let sql = {
            let waiting = &mut self.knobs().meanwhile;
            let at = waiting.iter().position(|(when, start, _)| *when == now && named.starts_with(start));
            at.map(|at| waiting.remove(at).2)
        };
        if let Some(sql) = sql {
            self.db.run(&sql).await;
        }
    }
}

async fn route(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Answer {
    let path = uri.path();
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut asked = Asked { query, body, root: false };
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["api", "status"]) => return shared.status().await,
        ("GET", ["v1", "models"]) => {
            if bearer(headers) != Some(USER_KEY) {
                let message = "无效的令牌";
                return says(401, &json!({ "error": { "message": message, "type": "new_api_error" } }));
            }
            return shared.models().await;
        }
        // gin's redirect to the path that there is.
        (_, ["api", "channel"]) => {
            let to = uri.query().map_or_else(|| "/api/channel/".to_owned(), |query| format!("/api/channel/?{query}"));
            let status = if method == Method::GET { 301 } else { 307 };
            return Response::builder().status(status).header(header::LOCATION, to).body(Body::empty()).unwrap();
        }
        (_, ["api", "channel" | "channel_tag" | "option", ..]) => match admit(shared, headers).await {
            Ok(role) => asked.root = role >= 100,
            Err(answer) => return answer,
        },
        _ => {}
    }
    let hub = shared.program.is_hub();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["api", "channel", ""]) => shared.list(&asked).await,
        ("GET", ["api", "option", ""]) if !hub => shared.options(asked.root).await,
        ("GET", ["api", "ratio_config"]) if shared.program == Program::NewApi => shared.ratio_config().await,
        ("GET", ["api", "prices"]) if hub => shared.hub_prices().await,
        ("PUT", ["api", "channel", ""]) => shared.put(&asked).await,
        ("GET", ["api", "channel", "test", id]) => match id.parse() {
            Ok(id) => shared.test(id, asked.get("model").unwrap_or_default()).await,
            Err(_) => no(&format!("strconv.Atoi: parsing {id:?}: invalid syntax")),
        },
        ("PUT", ["api", "channel", "batch", "del_model"]) if hub => shared.del_model(&asked).await,
        ("GET", ["api", "channel_tag", "_all"]) if hub => shared.tags().await,
        ("GET", ["api", "channel_tag", tag, "list"]) if hub => shared.tagged(&decoded(tag)).await,
        ("POST", ["api", "channel", id, "status"]) if shared.program == Program::NewApi => {
            shared.set_status(id, &asked).await
        }
        ("GET", ["api", "channel", id]) => match id.parse() {
            Ok(id) => shared.one(id).await,
            Err(_) => no(&format!("strconv.Atoi: parsing {id:?}: invalid syntax")),
        },
        (_, ["api" | "v1", ..]) => {
            let message = format!("Invalid URL ({method} {path})");
            says(404, &json!({ "error": { "message": message, "type": "invalid_request_error" } }))
        }
        _ => Response::builder()
            .header(header::CONTENT_TYPE, "text/html")
            .body(Body::from("<!doctype html><html><body><div id=\"root\"></div></body></html>"))
            .unwrap(),
    }
}

/// A part of a path as gin reads it.
fn decoded(part: &str) -> String {
    let query = format!("part={}", part.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn told<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    told(headers, "authorization").map(|value| value.strip_prefix("Bearer ").unwrap_or(value))
}

/// The token's user: at least an admin, or the answer that this program gives.
async fn admit(shared: &Shared, headers: &HeaderMap) -> Result<i64, Answer> {
    let current = shared.program == Program::NewApi;
    let Some(token) = bearer(headers) else {
        return Err(if current {
            refused(401, "AUTH_UNAUTHORIZED", "无权进行此操作，access token 无效")
        } else {
            says(401, &json!({ "success": false, "message": "无权进行此操作，未登录且未提供 access token" }))
        });
    };
    let engine = shared.db.engine;
    let columns = ["id", "role", "status"].map(|column| engine.text(column)).join(", ");
    let token = Lit::text(token).sql(engine);
    let rows = shared.db.rows(&format!("SELECT {columns} FROM users WHERE access_token = {token}")).await;
    let Some(user) = rows.first() else {
        return Err(if current {
            refused(401, "AUTH_UNAUTHORIZED", "无权进行此操作，access token 无效")
        } else {
            no("无权进行此操作，access token 无效")
        });
    };
    let number = |at: usize| user[at].as_deref().unwrap().parse::<i64>().unwrap();
    let (id, role, status) = (number(0), number(1), number(2));
    let name = match shared.program {
        Program::NewApiOld => Some("New-Api-User"),
        Program::Veloera => Some("Veloera-User"),
        Program::OneApi | Program::NewApi | Program::OneHub | Program::DoneHub => None,
    };
    if let Some(name) = name {
        let wrong = |why: &str| says(401, &json!({ "success": false, "message": format!("无权进行此操作，{why}") }));
        match told(headers, name).map(str::parse::<i64>) {
            None => return Err(wrong(&format!("未提供 {name}"))),
            Some(Err(_)) => return Err(wrong(&format!("{name} 格式错误"))),
            Some(Ok(given)) if given != id => return Err(wrong(&format!("{name} 与登录用户不匹配"))),
            Some(Ok(_)) => {}
        }
    }
    match (status == 1, role >= 10) {
        (true, true) => Ok(role),
        (false, _) if current => Err(refused(401, "AUTH_USER_DISABLED", "用户已被封禁")),
        (false, _) => Err(no("用户已被封禁")),
        (true, false) if current => Err(refused(403, "AUTH_INSUFFICIENT_PRIVILEGE", "无权进行此操作，权限不足")),
        (true, false) => Err(no("无权进行此操作，权限不足")),
    }
}

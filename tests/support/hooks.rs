//! The five webhooks on a loopback port, as strict as the real ones: what they would refuse is refused, in their words,
//! and what they would make of a text (a mention, a link) is told.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "hooks/dingtalk.rs"]
mod dingtalk;
#[path = "hooks/discord.rs"]
mod discord;
#[path = "hooks/feishu.rs"]
mod feishu;
#[path = "hooks/slack.rs"]
mod slack;
#[path = "hooks/wecom.rs"]
mod wecom;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use channelwarden::clock;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Stands in every address, and nowhere else.
pub(crate) const TOKEN: &str = "canary-T0ken-0123456789";
/// What messages are signed with.
pub(crate) const SECRET: &str = "SECcanary-secret-0123456789";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Discord,
    Slack,
    Feishu,
    WeCom,
    DingTalk,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Discord, Self::Slack, Self::Feishu, Self::WeCom, Self::DingTalk];

    /// The key of its settings.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Feishu => "feishu",
            Self::WeCom => "wecom",
            Self::DingTalk => "dingtalk",
        }
    }

    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Self::Feishu | Self::DingTalk)
    }

    /// The way to the webhook with this token.
    fn way(self, token: &str) -> String {
        match self {
            Self::Discord => format!("/api/webhooks/123456789012345678/{token}"),
            Self::Slack => format!("/services/T0CANARY1/B0CANARY2/{token}"),
            Self::Feishu => format!("/open-apis/bot/v2/hook/{token}"),
            Self::WeCom => format!("/cgi-bin/webhook/send?key={token}"),
            Self::DingTalk => format!("/robot/send?access_token={token}"),
        }
    }
}

/// What is done with a request before it is looked at.
pub(crate) enum Scripted {
    /// A status, headers and a body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// A status, and a body without an end.
    Endless(u16),
    /// Nothing at all.
    Silence,
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Taken {
    /// All that a person reads of it.
    pub(crate) shown: String,
    /// What of it is more than text to the real one: mentions, links, markup of foreign names.
    pub(crate) live: Vec<String>,
    /// As it came.
    pub(crate) body: Value,
}

/// A refusal in the real one's status and words.
pub(crate) struct No(u16, String);

/// A request as it came.
pub(crate) struct Request<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn is_json(&self) -> bool {
        self.content_type.split(';').next() == Some("application/json")
    }
}

/// What a stand-in saw and is to do.
#[derive(Default)]
pub(crate) struct World {
    /// Done first, one a request.
    pub(crate) script: VecDeque<Scripted>,
    pub(crate) taken: Vec<Taken>,
    /// Why it refused.
    pub(crate) refused: Vec<String>,
    /// Requests so far.
    pub(crate) asked: usize,
}

pub(crate) struct Webhook {
    kind: Kind,
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    server: JoinHandle<()>,
}

impl Webhook {
    pub(crate) async fn start(kind: Kind) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(Mutex::new(World::default()));
        let app = Router::new().fallback(serve).with_state((kind, Arc::clone(&world)));
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { kind, address, world, server }
    }

    pub(crate) fn url(&self) -> String {
        self.url_with(TOKEN)
    }

    pub(crate) fn url_with(&self, token: &str) -> String {
        format!("http://{}{}", self.address, self.kind.way(token))
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    State((kind, world)): State<(Kind, Arc<Mutex<World>>)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let scripted = {
        let mut world = world.lock().unwrap();
        world.asked += 1;
        world.script.pop_front()
    };
    match scripted {
        Some(Scripted::Silence) => std::future::pending().await,
        Some(Scripted::Endless(status)) => {
            let piece = || Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4096]));
            let endless = futures::stream::repeat_with(piece);
            return (StatusCode::from_u16(status).unwrap(), Body::from_stream(endless)).into_response();
        }
        Some(Scripted::Answer(status, headers, body)) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            return response;
        }
        None => {}
    }
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request = Request { path: uri.path(), query, content_type, body: &body };
    let (judged, yes) = match (&method, kind) {
        (&Method::POST, Kind::Discord) => (discord::judge(&request), (204, "")),
        (&Method::POST, Kind::Slack) => (slack::judge(&request), (200, "ok")),
        (&Method::POST, Kind::Feishu) => (
            feishu::judge(&request, clock::now()),
            (200, r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#),
        ),
        (&Method::POST, Kind::WeCom) => (wecom::judge(&request), (200, r#"{"errcode":0,"errmsg":"ok"}"#)),
        (&Method::POST, Kind::DingTalk) => {
            (dingtalk::judge(&request, clock::now()), (200, r#"{"errcode":0,"errmsg":"ok"}"#))
        }
        _ => (Err(No(405, String::new())), (0, "")),
    };
    let mut world = world.lock().unwrap();
    let (status, body) = match judged {
        Ok(taken) => {
            world.taken.push(taken);
            (yes.0, yes.1.to_owned())
        }
        Err(No(status, words)) => {
            world.refused.push(words.clone());
            (status, words)
        }
    };
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// Whether `value` has these fields and no others.
fn only(value: &Value, known: &[&str]) -> bool {
    value.as_object().is_some_and(|fields| fields.keys().all(|key| known.contains(&key.as_str())))
}

/// `text` signed as the bots' guides say.
fn signature(key: &str, text: &str) -> String {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(text);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

//! Telegram's Bot API on a loopback port, as strict as the real one: what it would refuse is refused, in its words.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "telegram/markup.rs"]
mod markup;
#[path = "telegram/methods.rs"]
mod methods;
#[path = "telegram/updates.rs"]
mod updates;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Stands in every address, and nowhere else.
pub(crate) const TOKEN: &str = "987654321:AAcanary-T0ken_0123456789abcdefghij";
/// The bot's name.
pub(crate) const ME: &str = "warden_test_bot";

/// What it holds; may be changed while it runs.
#[derive(Default)]
pub(crate) struct World {
    /// Chats that there are; their `type` and perhaps `username`.
    pub(crate) chats: BTreeMap<i64, Value>,
    /// Chats whose owner blocked the bot.
    pub(crate) blocked: BTreeSet<i64>,
    /// Groups that became supergroups.
    pub(crate) migrated: BTreeMap<i64, i64>,
    /// Every message of the bot, as it stands.
    pub(crate) messages: Vec<Sent>,
    /// Updates that wait.
    pub(crate) updates: VecDeque<(i64, Value)>,
    /// The number of the next update.
    pub(crate) next_update: i64,
    /// How often each update is handed out although it was confirmed.
    pub(crate) again: usize,
    /// How often each was handed out.
    pub(crate) handed: BTreeMap<i64, usize>,
    /// Presses that wait for an answer.
    presses: BTreeSet<String>,
    /// Answers to presses: id, words, whether they must be dismissed.
    pub(crate) answers: Vec<(String, String, bool)>,
    /// Menus by language and scope.
    pub(crate) menus: BTreeMap<(String, String), Vec<(String, String)>>,
    /// The next answers to any method but `getUpdates`: a status and a body.
    pub(crate) scripted: VecDeque<(u16, Value)>,
    /// The next answers to `getUpdates`.
    pub(crate) scripted_polls: VecDeque<(u16, Value)>,
    /// Whether HTML is refused whatever it says.
    pub(crate) dislikes_html: bool,
    /// Whether more than one message a second in one chat is refused.
    pub(crate) paced: bool,
    last: BTreeMap<i64, Instant>,
    /// Every call: method and parameters.
    pub(crate) calls: Vec<(String, Value)>,
    /// Requests that the real one would not make sense of, and why.
    pub(crate) malformed: Vec<String>,
    /// The number of the latest poll: an older one that still waits is ended.
    poll: u64,
}

/// A message of the bot.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) chat: i64,
    pub(crate) id: i64,
    pub(crate) topic: Option<i64>,
    /// Without markup.
    pub(crate) text: String,
    pub(crate) entities: Vec<Value>,
    /// Whether it came with a parse mode.
    pub(crate) html: bool,
    pub(crate) keys: Value,
    pub(crate) edits: usize,
    /// What Telegram makes of the text by itself: mentions and links.
    pub(crate) automatic: Vec<String>,
}

impl Sent {
    /// Its buttons: label and data.
    pub(crate) fn buttons(&self) -> Vec<(String, String)> {
        let rows = self.keys.as_array().into_iter().flatten().flat_map(|row| row.as_array().into_iter().flatten());
        let text = |key: &Value, name: &str| key[name].as_str().unwrap_or_default().to_owned();
        rows.map(|key| (text(key, "text"), text(key, "callback_data"))).collect()
    }

    /// The data behind the button whose label has this in it.
    pub(crate) fn button(&self, label: &str) -> String {
        let found = self.buttons().into_iter().find(|(text, _)| text.contains(label));
        found.unwrap_or_else(|| panic!("no button {label:?}: {:?}", self.buttons())).1
    }
}

pub(crate) struct BotApi {
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    news: Arc<Notify>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Served {
    world: Arc<Mutex<World>>,
    news: Arc<Notify>,
}

impl BotApi {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::new(Mutex::new(World { next_update: 1000, ..World::default() }));
        let news = Arc::new(Notify::new());
        let state = Served { world: Arc::clone(&world), news: Arc::clone(&news) };
        let app = Router::new().fallback(serve).with_state(state);
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { address, world, news, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// A private chat with this user.
    pub(crate) fn person(&self, id: i64) {
        self.world().chats.insert(id, json!({ "id": id, "type": "private", "first_name": "<i>Eve</i>" }));
    }

    pub(crate) fn group(&self, id: i64, username: Option<&str>) {
        let mut chat = json!({ "id": id, "type": "supergroup", "title": "Ops" });
        if let Some(username) = username {
            chat["username"] = json!(username);
        }
        self.world().chats.insert(id, chat);
    }

    /// Waits until `found` finds something in the world, for ten seconds at most.
    pub(crate) async fn until<T>(&self, what: &str, mut found: impl FnMut(&mut World) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = found(&mut self.world()) {
                return found;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{what}: {:?}", self.world().calls.last());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for BotApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Why a call is refused: a status, Telegram's words, and what helps.
struct Refused(u16, String, Value);

fn bad(why: &str) -> Refused {
    Refused(400, format!("Bad Request: {why}"), Value::Null)
}

async fn serve(State(served): State<Served>, method: Method, uri: Uri, body: Bytes) -> Response {
    let path = uri.path().strip_prefix("/bot").unwrap_or_default();
    let Some((token, name)) = path.split_once('/') else {
        return told(Err(Refused(404, "Not Found".to_owned(), Value::Null)));
    };
    if token != TOKEN {
        return told(Err(Refused(401, "Unauthorized".to_owned(), Value::Null)));
    }
    let params: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    {
        let mut world = served.world.lock().unwrap();
        if method != Method::POST || !params.is_object() {
            world.malformed.push(format!("{method} {name}: no POST with an object"));
        }
        world.calls.push((name.to_owned(), params.clone()));
    }
    if name == "getUpdates" {
        return told(updates::poll(&served, &params).await);
    }
    let mut world = served.world.lock().unwrap();
    if let Some((status, body)) = world.scripted.pop_front() {
        return answer(status, &body);
    }
    told(methods::call(&mut world, name, &params))
}

fn told(done: Result<Value, Refused>) -> Response {
    match done {
        Ok(result) => answer(200, &json!({ "ok": true, "result": result })),
        Err(Refused(status, why, parameters)) => answer(status, &refusal(status, &why, &parameters)),
    }
}

/// A refusal's body.
pub(crate) fn refusal(status: u16, why: &str, parameters: &Value) -> Value {
    let mut body = json!({ "ok": false, "error_code": status, "description": why });
    if !parameters.is_null() {
        body["parameters"] = parameters.clone();
    }
    body
}

fn answer(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body.to_string()).into_response()
}

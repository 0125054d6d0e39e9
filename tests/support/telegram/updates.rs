//! Updates: what people do, and how the bot is told of it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{BotApi, Refused, Served};

pub(super) async fn poll(served: &Served, params: &Value) -> Result<Value, Refused> {
    let offset = params["offset"].as_i64();
    let wait = Duration::from_secs(params["timeout"].as_u64().unwrap_or(0).min(50));
    let until = Instant::now() + wait;
    let mine = {
        let mut world = served.world.lock().unwrap();
        if let Some((status, body)) = world.scripted_polls.pop_front() {
            let why = body["description"].as_str().unwrap_or_default().to_owned();
            return Err(Refused(status, why, body["parameters"].clone()));
        }
        if params["allowed_updates"] != json!(["message", "callback_query", "my_chat_member"]) {
            world.malformed.push(format!("getUpdates allows {}", params["allowed_updates"]));
        }
        world.poll += 1;
        // An older poll that still waits is ended.
        served.news.notify_waiters();
        world.poll
    };
    loop {
        let news = served.news.notified();
        {
            let mut world = served.world.lock().unwrap();
            if world.poll != mine {
                let why =
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
                return Err(Refused(409, why.to_owned(), Value::Null));
            }
            let (again, handed) = (world.again, world.handed.clone());
            if let Some(offset) = offset {
                let is_kept = |id: i64| id >= offset || handed.get(&id).is_some_and(|times| *times <= again);
                world.updates.retain(|(id, _)| is_kept(*id));
            }
            let found: Vec<_> = world.updates.iter().take(100).cloned().collect();
            if !found.is_empty() {
                for (id, _) in &found {
                    *world.handed.entry(*id).or_default() += 1;
                }
                return Ok(found.into_iter().map(|(_, update)| update).collect());
            }
        }
        // Short waits: a notice between looking and waiting may be missed.
        let soon = until.min(Instant::now() + Duration::from_millis(20));
        let _ = timeout_at(soon, news).await;
        if Instant::now() >= until {
            return Ok(json!([]));
        }
    }
}

impl BotApi {
    /// Puts an update into the queue.
    pub(crate) fn update(&self, content: Value) -> i64 {
        let mut world = self.world();
        let id = world.next_update;
        world.next_update += 1;
        let mut update = content;
        update["update_id"] = json!(id);
        world.updates.push_back((id, update));
        drop(world);
        self.news.notify_waiters();
        id
    }

    /// Somebody writes in a chat.
    pub(crate) fn says(&self, user: i64, chat: i64, language: &str, text: &str) -> i64 {
        let chat = self.world().chats[&chat].clone();
        self.update(json!({ "message": {
            "message_id": 5000, "date": 1_790_000_000, "chat": chat, "from": person(user, language), "text": text,
        } }))
    }

    /// Somebody presses a button; the press's id.
    pub(crate) fn presses(&self, user: i64, message: i64, language: &str, data: &str) -> String {
        let press = format!("press-{}", self.world().next_update);
        let message = self.world().message(message);
        self.world().presses.insert(press.clone());
        self.update(json!({ "callback_query": {
            "id": press, "from": person(user, language), "message": message, "chat_instance": "1", "data": data,
        } }));
        press
    }

    /// The bot's standing in a chat changes.
    pub(crate) fn membership(&self, chat: i64, status: &str) {
        let chat = self.world().chats[&chat].clone();
        let me = json!({ "id": 987_654_321, "is_bot": true, "first_name": "Warden" });
        let member = |status: &str| match status {
            "kicked" => json!({ "status": status, "user": me, "until_date": 0 }),
            status => json!({ "status": status, "user": me }),
        };
        let was = if status == "member" { "left" } else { "member" };
        self.update(json!({ "my_chat_member": {
            "chat": chat, "from": person(1, "en"), "date": 1_790_000_000, "old_chat_member": member(was),
            "new_chat_member": member(status),
        } }));
    }
}

fn person(id: i64, language: &str) -> Value {
    json!({ "id": id, "is_bot": false, "first_name": "<b>Eve</b> & co", "language_code": language })
}

//! The methods that answer at once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ME, Refused, Sent, World, bad, markup};

pub(super) fn call(world: &mut World, name: &str, params: &Value) -> Result<Value, Refused> {
    match name {
        "getMe" => Ok(json!({ "id": 987_654_321, "is_bot": true, "first_name": "Warden", "username": ME })),
        "sendMessage" => send(world, params),
        "editMessageText" => edit(world, params),
        "answerCallbackQuery" => answer(world, params),
        "setMyCommands" => menu(world, params),
        _ => Err(Refused(404, "Not Found".to_owned(), Value::Null)),
    }
}

/// The real one ignores what it does not know; here it is a mistake of ours.
fn only(world: &mut World, method: &str, params: &Value, known: &[&str]) {
    for name in params.as_object().into_iter().flatten().map(|(name, _)| name) {
        if !known.contains(&name.as_str()) {
            world.malformed.push(format!("{method} has no {name}"));
        }
    }
}

fn chat(world: &World, params: &Value) -> Result<i64, Refused> {
    let unknown = || bad("chat not found");
    let id = match &params["chat_id"] {
        Value::Number(id) => id.as_i64().ok_or_else(unknown)?,
        Value::String(name) => {
            let name = name.strip_prefix('@').ok_or_else(unknown)?;
            let is_it = |chat: &Value| chat["username"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(name));
            *world.chats.iter().find(|(_, chat)| is_it(chat)).ok_or_else(unknown)?.0
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(bad("chat_id is empty")),
    };
    if let Some(to) = world.migrated.get(&id) {
        let parameters = json!({ "migrate_to_chat_id": to });
        return Err(Refused(400, "Bad Request: group chat was upgraded to a supergroup chat".to_owned(), parameters));
    }
    if !world.chats.contains_key(&id) {
        return Err(unknown());
    }
    if world.blocked.contains(&id) {
        return Err(Refused(403, "Forbidden: bot was blocked by the user".to_owned(), Value::Null));
    }
    Ok(id)
}

struct Said {
    text: String,
    entities: Vec<Value>,
    html: bool,
    keys: Value,
}

fn said(world: &mut World, params: &Value) -> Result<Said, Refused> {
    let text = params["text"].as_str().ok_or_else(|| bad("message text is empty"))?;
    let html = match params["parse_mode"].as_str() {
        None => false,
        Some("HTML") => true,
        Some(_) => return Err(bad("unsupported parse_mode")),
    };
    let (text, entities) = if html {
        if world.dislikes_html {
            return Err(bad("can't parse entities: Unsupported start tag \"x\" at byte offset 0"));
        }
        markup::parse(text).map_err(|why| bad(&why))?
    } else {
        (text.to_owned(), params["entities"].as_array().cloned().unwrap_or_default())
    };
    let units = text.encode_utf16().count() as u64;
    if text.trim().is_empty() {
        return Err(bad("message text is empty"));
    }
    if units > 4096 {
        return Err(bad("message is too long"));
    }
    if entities
        .iter()
        .any(|entity| entity["offset"].as_u64().zip(entity["length"].as_u64()).is_none_or(|(at, n)| at + n > units))
    {
        return Err(bad("entity begins or ends outside of the text"));
    }
    let keys = params["reply_markup"]["inline_keyboard"].clone();
    let rows = keys.as_array().cloned().unwrap_or_default();
    let mut all = 0;
    for key in rows.iter().flat_map(|row| row.as_array().into_iter().flatten()) {
        all += 1;
        let data = key["callback_data"].as_str().unwrap_or_default();
        if key["text"].as_str().unwrap_or_default().is_empty() {
            return Err(bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"));
        }
        if data.is_empty() || data.len() > 64 {
            return Err(bad("BUTTON_DATA_INVALID"));
        }
    }
    if all > 100 || rows.iter().any(|row| row.as_array().is_none_or(|row| row.is_empty() || row.len() > 8)) {
        return Err(bad("reply markup is too long"));
    }
    if params["link_preview_options"]["is_disabled"] != json!(true) {
        world.malformed.push("link previews are not off".to_owned());
    }
    Ok(Said { text, entities, html, keys })
}

fn send(world: &mut World, params: &Value) -> Result<Value, Refused> {
    let known = ["chat_id", "message_thread_id", "text", "parse_mode", "link_preview_options", "reply_markup"];
    only(world, "sendMessage", params, &known);
    let chat = chat(world, params)?;
    let Said { text, entities, html, keys } = said(world, params)?;
    if world.paced && world.last.get(&chat).is_some_and(|last| last.elapsed() < Duration::from_secs(1)) {
        return Err(Refused(429, "Too Many Requests: retry after 1".to_owned(), json!({ "retry_after": 1 })));
    }
    world.last.insert(chat, Instant::now());
    let id = i64::try_from(world.messages.len()).unwrap() + 1;
    let automatic = markup::automatic(&text, &entities);
    let topic = params["message_thread_id"].as_i64();
    world.messages.push(Sent { chat, id, topic, text, entities, html, keys, edits: 0, automatic });
    Ok(world.message(id))
}

fn edit(world: &mut World, params: &Value) -> Result<Value, Refused> {
    let known = ["chat_id", "message_id", "text", "parse_mode", "entities", "link_preview_options", "reply_markup"];
    only(world, "editMessageText", params, &known);
    let chat = chat(world, params)?;
    let id = params["message_id"].as_i64().unwrap_or_default();
    let Said { text, entities, html, keys } = said(world, params)?;
    let found = world.messages.iter_mut().find(|message| message.id == id && message.chat == chat);
    let message = found.ok_or_else(|| bad("message to edit not found"))?;
    if message.text == text && message.keys == keys && message.entities == entities {
        return Err(bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
        ));
    }
    message.automatic = markup::automatic(&text, &entities);
    (message.text, message.entities, message.html, message.keys) = (text, entities, html, keys);
    message.edits += 1;
    Ok(world.message(id))
}

fn answer(world: &mut World, params: &Value) -> Result<Value, Refused> {
    only(world, "answerCallbackQuery", params, &["callback_query_id", "text", "show_alert"]);
    let id = params["callback_query_id"].as_str().unwrap_or_default().to_owned();
    if !world.presses.remove(&id) {
        return Err(bad("query is too old and response timeout expired or query ID is invalid"));
    }
    let words = params["text"].as_str().unwrap_or_default().to_owned();
    if words.chars().count() > 200 {
        return Err(bad("MESSAGE_TOO_LONG"));
    }
    world.answers.push((id, words, params["show_alert"] == json!(true)));
    Ok(json!(true))
}

fn menu(world: &mut World, params: &Value) -> Result<Value, Refused> {
    only(world, "setMyCommands", params, &["commands", "scope", "language_code"]);
    let commands = params["commands"].as_array().ok_or_else(|| bad("commands are empty"))?;
    if commands.len() > 100 {
        return Err(bad("BOT_COMMANDS_TOO_MUCH"));
    }
    let text = |command: &Value, name: &str| command[name].as_str().unwrap_or_default().to_owned();
    let commands: Vec<_> = commands.iter().map(|one| (text(one, "command"), text(one, "description"))).collect();
    for (command, description) in &commands {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if command.is_empty() || command.len() > 32 || !command.chars().all(is_name) {
            return Err(bad("BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&description.chars().count()) {
            return Err(bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    let language = params["language_code"].as_str().unwrap_or_default().to_owned();
    if !language.is_empty() && (language.len() != 2 || !language.chars().all(|c| c.is_ascii_lowercase())) {
        return Err(bad("BOT_COMMAND_LANGUAGE_INVALID"));
    }
    let scope = match params["scope"]["type"].as_str() {
        None | Some("default") => "default".to_owned(),
        Some("chat") => {
            let id = params["scope"]["chat_id"].as_i64().unwrap_or_default();
            if !world.chats.contains_key(&id) {
                return Err(bad("chat not found"));
            }
            format!("chat {id}")
        }
        Some(_) => return Err(bad("unsupported scope")),
    };
    world.menus.insert((language, scope), commands);
    Ok(json!(true))
}

impl World {
    /// A message as Telegram tells it.
    pub(crate) fn message(&self, id: i64) -> Value {
        let message = self.messages.iter().find(|message| message.id == id).unwrap();
        let mut told = json!({
            "message_id": id, "date": 1_790_000_000, "chat": self.chats[&message.chat], "text": message.text,
            "from": { "id": 987_654_321, "is_bot": true, "first_name": "Warden", "username": ME },
            "entities": message.entities,
        });
        if let Some(topic) = message.topic {
            told["message_thread_id"] = json!(topic);
            told["is_topic_message"] = json!(true);
        }
        if message.keys.is_array() {
            told["reply_markup"] = json!({ "inline_keyboard": message.keys });
        }
        told
    }
}

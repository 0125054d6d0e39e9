//! Writing a channel: what each program does with its own tables, half-done things included.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::door::{Answer, Asked, done, no, says};
use super::object::{Field, Object, hidden, literal};
use super::{Program, Shared};
use crate::databases::Lit;

/// What New API of 2026 lets only root change.
const SENSITIVE: [&str; 6] = ["key", "base_url", "setting", "settings", "header_override", "param_override"];
/// What it takes from nobody.
const READ_ONLY: [&str; 7] =
    ["channel_info", "used_quota", "balance", "balance_updated_time", "created_time", "test_time", "response_time"];

/// The body's members that the program knows, as its types read them; `None` is a pointer to nothing.
type Members = Vec<(String, Field, Option<Value>)>;

impl Shared {
    pub(super) async fn put(&self, asked: &Asked) -> Answer {
        let body: Object = match serde_json::from_slice(&asked.body) {
            Ok(body) => body,
            Err(error) => return no(&error.to_string()),
        };
        let mut members: Members = vec![];
        for (column, field) in self.fields().await {
            if let Some(value) = body.get(&column) {
                match field.read(&column, value) {
                    Ok(value) => members.push((column, field, value)),
                    Err(why) => return no(&why),
                }
            }
        }
        let id = members.iter().find(|(column, ..)| column == "id").and_then(|(.., value)| value.as_ref()?.as_i64());
        let id = id.unwrap_or_default();
        members.retain(|(column, ..)| column != "id");
        let refusal = match self.program {
            Program::NewApi => self.current(id, &body, asked.root, &mut members).await,
            Program::OneApi | Program::NewApiOld | Program::Veloera | Program::OneHub | Program::DoneHub => None,
        };
        if let Some(refusal) = refusal {
            return refusal;
        }
        if self.program.is_hub() {
            return self.put_hub(id, members).await;
        }
        members.retain(|(_, field, value)| !field.is_skipped(value.as_ref()));
        self.write(id, &members).await;
        // An unknown channel gets routing rows all the same, from the body alone.
        let ghost = || members.iter().map(|(column, _, value)| (column.clone(), value.clone().unwrap())).collect();
        let channel = self.object(id).await.unwrap_or_else(ghost);
        if let Err(error) = self.reroute(id, &channel).await {
            return no(&error.to_string());
        }
        // The older ones answer with the row as it stands, the key too.
        let shown = if self.program == Program::NewApi { hidden(channel) } else { channel };
        done(&Value::Object(shown))
    }

    /// What New API of 2026 looks at before: no status, no rights beyond the role's, no name too long.
    async fn current(&self, id: i64, body: &Object, root: bool, members: &mut Members) -> Option<Answer> {
        if body.contains_key("status") {
            return Some(no("Invalid parameters"));
        }
        let Some(stands) = self.object(id).await else { return Some(no("record not found")) };
        let changes = |(column, _, value): &(String, Field, Option<Value>)| {
            let value = value.as_ref().filter(|value| *value != "");
            SENSITIVE.contains(&column.as_str()) && value.is_some_and(|value| stands.get(column) != Some(value))
        };
        if !root && members.iter().any(changes) {
            return Some(no("无权进行此操作，权限不足"));
        }
        members.retain(|(column, ..)| !READ_ONLY.contains(&column.as_str()));
        let models = body.get("models").and_then(Value::as_str).unwrap_or_default();
        let long = models.split(',').find(|model| model.len() > 255)?;
        Some(no(&format!("模型名称过长: {long}")))
    }

    /// With models every column is written, what the body does not have as nothing; without, what it has.
    async fn put_hub(&self, id: i64, mut members: Members) -> Answer {
        let models = members.iter().find(|(column, ..)| column == "models").and_then(|(.., value)| value.clone());
        if models.is_some_and(|models| models != "") {
            for (column, field) in self.fields().await {
                if column != "id" && members.iter().all(|(had, ..)| *had != column) {
                    members.push((column, field, field.absent()));
                }
            }
        } else {
            members.retain(|(_, field, value)| !field.is_skipped(value.as_ref()));
        }
        members.retain(|(column, ..)| column != "used_quota");
        self.write(id, &members).await;
        self.load().await;
        done(&self.object(id).await.map_or(Value::Null, Value::Object))
    }

    async fn write(&self, id: i64, members: &Members) {
        let engine = self.db.engine;
        let set: Vec<_> = members
            .iter()
            .map(|(column, _, value)| format!("{} = {}", engine.quote(column), literal(value.as_ref()).sql(engine)))
            .collect();
        if !set.is_empty() {
            let set = set.join(", ");
            self.db.run(&format!("UPDATE channels SET {set} WHERE id = {id} AND {}", self.alive())).await;
        }
    }

    /// A channel's routing rows made anew, as this program does it.
    pub(super) async fn reroute(&self, id: i64, channel: &Object) -> Result<(), sqlx::Error> {
        let engine = self.db.engine;
        let text = |name: &str| channel.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| channel.get(name).and_then(Value::as_i64);
        let columns = self.db.columns("abilities").await;
        let has = |name: &str| columns.iter().any(|column| column == name);
        let mut seen = BTreeSet::new();
        let mut rows = vec![];
        for group in text("group").split(',') {
            for model in text("models").split(',') {
                let first = seen.insert((group, model));
                // The old New API writes a name that stands twice twice, and fails.
                if !first && !matches!(self.program, Program::NewApiOld | Program::Veloera) {
                    continue;
                }
                let mut row = vec![
                    ("group", Lit::text(group)),
                    ("model", Lit::text(model)),
                    ("channel_id", Lit::Int(id)),
                    ("enabled", Lit::Bool(number("status") == Some(1))),
                    ("priority", Lit::Int(number("priority").unwrap_or(0))),
                ];
                row.extend(has("weight").then(|| ("weight", Lit::Int(number("weight").unwrap_or(0)))));
                let tag = channel.get("tag").and_then(Value::as_str).map_or(Lit::Null, Lit::text);
                row.extend(has("tag").then_some(("tag", tag)));
                rows.push(row);
            }
        }
        let names: Vec<_> = rows[0].iter().map(|(name, _)| engine.quote(name)).collect();
        let values = |row: &Vec<(&str, Lit)>| {
            let values: Vec<_> = row.iter().map(|(_, value)| value.sql(engine)).collect();
            format!("({})", values.join(", "))
        };
        let delete = format!("DELETE FROM abilities WHERE channel_id = {id}");
        let insert = |rows: &[Vec<(&str, Lit)>]| {
            let values: Vec<_> = rows.iter().map(values).collect();
            format!("INSERT INTO abilities ({}) VALUES {}", names.join(", "), values.join(", "))
        };
        if self.program == Program::OneApi {
            // Without a transaction.
            self.db.attempt(&delete).await?;
            return self.db.attempt(&insert(&rows)).await;
        }
        let mut tx = self.db.lock_channel(id).await;
        let mut done = tx.attempt(&delete).await;
        for chunk in rows.chunks(50) {
            if done.is_ok() {
                done = tx.attempt(&insert(chunk)).await;
            }
        }
        match done {
            Ok(()) => tx.commit().await,
            Err(_) => tx.release().await,
        }
        done
    }

    /// New API of 2026: the only way to another status, and only to 1 and 2.
    pub(super) async fn set_status(&self, id: &str, asked: &Asked) -> Answer {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let (Ok(id), Some(status @ (1 | 2))) = (id.parse::<i64>(), body["status"].as_i64()) else {
            return no("Invalid parameters");
        };
        self.db.run(&format!("UPDATE channels SET status = {status} WHERE id = {id}")).await;
        let enabled = Lit::Bool(status == 1).sql(self.db.engine);
        self.db.run(&format!("UPDATE abilities SET enabled = {enabled} WHERE channel_id = {id}")).await;
        done(&json!(true))
    }

    /// One Hub: takes one name out of channels' lists, and loads all channels again.
    pub(super) async fn del_model(&self, asked: &Asked) -> Answer {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let ids: Option<Vec<i64>> = body["ids"].as_array().and_then(|ids| ids.iter().map(Value::as_i64).collect());
        let (Some(name), Some(ids)) = (body["value"].as_str().filter(|name| !name.is_empty()), ids) else {
            return no(
                "Key: 'BatchChannelsParams.Value' Error:Field validation for 'Value' failed on the 'required' tag",
            );
        };
        if ids.is_empty() {
            return no("ids不能为空");
        }
        let mut count = 0;
        for id in ids {
            let Some(channel) = self.object(id).await else { continue };
            let mut models: Vec<_> = channel["models"].as_str().unwrap_or_default().split(',').collect();
            if let Some(at) = models.iter().position(|model| *model == name) {
                models.remove(at);
            }
            let models = models.join(",");
            // A list that would be empty is a zero, and stays.
            if !models.is_empty() {
                self.db.edit(id, "models", Lit::Text(models)).await;
            }
            count += 1;
        }
        if count > 0 {
            self.load().await;
        }
        says(200, &json!({ "data": count, "success": true, "message": "更新成功" }))
    }
}

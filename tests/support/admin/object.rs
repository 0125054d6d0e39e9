//! A row of `channels` as the gateway's object, and back: what Go's types make of NULL, and what they refuse.

use serde_json::{Map, Number, Value, json};

use super::{Program, Shared};
use crate::databases::{Engine, Lit};

pub(super) type Object = Map<String, Value>;

/// A field's type in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Go {
    Int,
    Float,
    Bool,
    Text,
    Json,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    go: Go,
    /// A pointer: NULL is null, and a null is no value.
    pointer: bool,
}

impl Field {
    /// A column that no version of the program has yet is a text that may be NULL.
    pub(super) fn of(program: Program, column: &str) -> Self {
        let go = match column {
            "id"
            | "type"
            | "status"
            | "weight"
            | "created_time"
            | "test_time"
            | "response_time"
            | "used_quota"
            | "balance_updated_time"
            | "priority"
            | "auto_ban"
            | "pre_cost" => Go::Int,
            "balance" | "cost_ratio" => Go::Float,
            "only_chat" | "compatible_response" | "allow_extra_body" | "pass_through_body" => Go::Bool,
            "channel_info" | "disabled_stream" | "plugin" => Go::Json,
            _ => Go::Text,
        };
        let plain = match column {
            "key" | "name" | "models" | "group" | "balance" | "cost_ratio" | "channel_info" | "other_info"
            | "settings" | "model_prefix" | "config" => true,
            "other" => program != Program::OneApi,
            "tag" | "test_model" => program.is_hub(),
            "weight" | "priority" | "auto_ban" => false,
            _ => matches!(go, Go::Int | Go::Bool),
        };
        Self { go, pointer: !plain }
    }

    fn zero(self) -> Value {
        match self.go {
            _ if self.pointer => Value::Null,
            Go::Int | Go::Float => json!(0),
            Go::Bool => json!(false),
            Go::Text => json!(""),
            // New API's `channel_info`.
            Go::Json => json!({
                "is_multi_key": false, "multi_key_size": 0, "multi_key_status_list": null,
                "multi_key_polling_index": 0, "multi_key_mode": "",
            }),
        }
    }

    /// A cell as the gateway shows it.
    fn shown(self, cell: Option<&str>) -> Value {
        let Some(cell) = cell else { return self.zero() };
        match self.go {
            Go::Int => json!(cell.parse::<i64>().unwrap()),
            Go::Float => float(cell.parse().unwrap()),
            Go::Bool => json!(["1", "t", "true"].contains(&cell)),
            Go::Text => json!(cell),
            Go::Json => serde_json::from_str(cell).unwrap(),
        }
    }

    /// A member of a body, or what Go says to a wrong one. `None` is a pointer to nothing.
    pub(super) fn read(self, name: &str, value: &Value) -> Result<Option<Value>, String> {
        let right = match (self.go, value) {
            (_, Value::Null) => return Ok((!self.pointer).then(|| self.zero())),
            (Go::Int, Value::Number(number)) => number.is_i64() && (name != "weight" || number.is_u64()),
            (Go::Float, Value::Number(_)) | (Go::Bool, Value::Bool(_)) | (Go::Text, Value::String(_)) => true,
            (Go::Json, _) if name == "disabled_stream" => {
                value.as_array().is_some_and(|names| names.iter().all(Value::is_string))
            }
            (Go::Json, _) => value.is_object(),
            _ => false,
        };
        if right {
            return Ok(Some(value.clone()));
        }
        let sort = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) => format!("number {number}"),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            Value::Object(_) => "object".to_owned(),
        };
        Err(format!("json: cannot unmarshal {sort} into Go struct field Channel.{name}"))
    }

    /// Whether GORM's `Updates` of a struct leaves the column alone: a zero, or a pointer to nothing.
    pub(super) fn is_skipped(self, value: Option<&Value>) -> bool {
        value.is_none_or(|value| !self.pointer && *value == self.zero())
    }

    /// What `Select("*")` writes for a field that the body does not have.
    pub(super) fn absent(self) -> Option<Value> {
        (!self.pointer).then(|| self.zero())
    }
}

/// A value as it is written.
pub(super) fn literal(value: Option<&Value>) -> Lit {
    match value {
        None | Some(Value::Null) => Lit::Null,
        Some(Value::Bool(truth)) => Lit::Bool(*truth),
        Some(Value::Number(number)) => number.as_i64().map_or_else(|| Lit::Real(number.as_f64().unwrap()), Lit::Int),
        Some(Value::String(text)) => Lit::text(text),
        Some(value @ (Value::Array(_) | Value::Object(_))) => Lit::Text(sorted(value).to_string()),
    }
}

/// A channel as the programs show it: without its key, and New API's without what happened to single keys.
pub(super) fn hidden(mut object: Object) -> Object {
    object.insert("key".to_owned(), json!(""));
    if let Some(Value::Object(info)) = object.get_mut("channel_info") {
        info.remove("multi_key_disabled_reason");
        info.remove("multi_key_disabled_time");
    }
    object
}

/// Go writes a whole float without a point.
#[expect(clippy::cast_possible_truncation, reason = "looked at before")]
fn float(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        json!(number as i64)
    } else {
        Number::from_f64(number).map_or(Value::Null, Value::Number)
    }
}

/// Go writes a map's keys in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

impl Shared {
    /// The columns that the gateway's struct has, in their order.
    pub(super) async fn fields(&self) -> Vec<(String, Field)> {
        let columns = self.db.columns("channels").await;
        let shown = columns.into_iter().filter(|column| column != "deleted_at");
        shown.map(|column| (column.clone(), Field::of(self.program, &column))).collect()
    }

    /// `WHERE` for what is not deleted.
    pub(super) fn alive(&self) -> &'static str {
        if self.program.is_hub() { "deleted_at IS NULL" } else { "1 = 1" }
    }

    /// Channels with all that stands there, the key too. `end` is everything behind the condition.
    pub(super) async fn objects(&self, condition: &str, end: &str) -> Vec<Object> {
        let fields = self.fields().await;
        let engine = self.db.engine;
        let read = |(column, field): &(String, Field)| match (engine, field.go) {
            // As a text it would be shortened.
            (Engine::Sqlite, Go::Float) => {
                let column = engine.quote(column);
                format!("CASE WHEN {column} IS NOT NULL THEN printf('%!.17g', {column}) END")
            }
            _ => engine.text(column),
        };
        let columns: Vec<_> = fields.iter().map(read).collect();
        let sql = format!("SELECT {} FROM channels WHERE {} AND ({condition}) {end}", columns.join(", "), self.alive());
        let rows = self.db.rows(&sql).await;
        let object = |row: &Vec<Option<String>>| {
            let members =
                fields.iter().zip(row).map(|((column, field), cell)| (column.clone(), field.shown(cell.as_deref())));
            members.filter(|(column, value)| column != "disabled_stream" || !value.is_null()).collect()
        };
        rows.iter().map(object).collect()
    }

    /// One channel, with all that stands there.
    pub(super) async fn object(&self, id: i64) -> Option<Object> {
        self.objects(&format!("id = {id}"), "").await.into_iter().next()
    }
}

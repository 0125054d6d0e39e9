//! Which keys a form of configuration knows, told by its JSON Schema.

use serde_json::Value;

use super::outline::{KeyPath, Outline, is_item};
use super::problem::Problem;

/// The schema of one form.
pub(super) struct KnownKeys(Value);

impl KnownKeys {
    pub(super) fn of<T: schemars::JsonSchema>() -> Self {
        Self(schemars::schema_for!(T).to_value())
    }

    /// A problem for each key that the form does not know, with the nearest that it does.
    pub(super) fn unknown(&self, outline: &Outline) -> Vec<Problem> {
        let mut problems: Vec<Problem> = Vec::new();
        for entry in &outline.entries {
            if problems.iter().any(|problem| entry.path.0.starts_with(&problem.path.0)) {
                continue;
            }
            if let Some(message) = self.refusal(&entry.path) {
                problems.push(Problem { path: entry.path.clone(), at: Some(entry.key), message });
            }
        }
        problems
    }

    /// Every name the form has for a key or a value, and JSON's own words: what a message may show.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = ["true", "false", "null"].map(String::from).to_vec();
        collect_words(&self.0, &mut words);
        words
    }

    fn refusal(&self, path: &KeyPath) -> Option<String> {
        let (key, parents) = path.0.split_last()?;
        let mut schema = self.resolved(&self.0);
        for parent in parents {
            schema = self.resolved(child(schema, parent)?);
        }
        // An item where no list belongs is a value of the wrong sort, not an unknown key.
        if is_item(key) || child(schema, key).is_some() || !schema.get("properties").is_some_and(Value::is_object) {
            return None;
        }
        let known: Vec<&str> = schema["properties"].as_object()?.keys().map(String::as_str).collect();
        Some(match nearest(key, &known) {
            Some(near) => format!("unknown key, did you mean `{near}`?"),
            None => format!("unknown key; known here: {}", known.join(", ")),
        })
    }

    /// Follows `$ref`, and the part of an optional value that is not null.
    fn resolved<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        loop {
            let name = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
            let branch = schema.get("anyOf").and_then(Value::as_array).and_then(|branches| branches.first());
            match (name.and_then(|name| self.0["$defs"].get(name)), branch) {
                (Some(target), _) | (None, Some(target)) => schema = target,
                (None, None) => return schema,
            }
        }
    }
}

fn child<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    if is_item(key) {
        return schema.get("items");
    }
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    schema
        .get("properties")
        .and_then(|properties| properties.get(key))
        .or_else(|| patterns.and_then(|patterns| patterns.values().next()))
        .or_else(|| schema.get("additionalProperties").filter(|more| more.is_object()))
}

fn collect_words(schema: &Value, words: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            words.extend(
                object.get("properties").and_then(Value::as_object).into_iter().flat_map(|p| p.keys().cloned()),
            );
            words.extend(object.get("const").and_then(Value::as_str).map(String::from));
            let values = object.get("enum").and_then(Value::as_array);
            words.extend(values.into_iter().flatten().filter_map(Value::as_str).map(String::from));
            object.values().for_each(|value| collect_words(value, words));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_words(item, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The known name that the written one was likely meant to be.
pub(super) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let folded = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let (score, name) = known
        .iter()
        .map(|name| (strsim::jaro_winkler(&folded(written), &folded(name)), *name))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score >= 0.8).then_some(name)
}

//! Every key of the configuration stands in docs/configuration.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use channelwarden::config;
use serde_json::{Map, Value};

use super::page::{above_the_mark, anchor, below_the_mark, cell, code, paragraphs, table};

const PLACE: &str = "docs/configuration.md";

/// What is told of these once, above the mark.
const EXPLAINED: [(&str, &str); 2] = [("SecretRef", "[secret](#secrets)"), ("Duration", "[duration](#durations)")];

/// The document as it grows.
struct Book<'a> {
    root: &'a Value,
    out: String,
    /// Where a form of object stands that was described.
    told: BTreeMap<String, String>,
    keys: usize,
}

#[test]
fn every_key_is_described_with_its_values_and_its_default() {
    let root: Value = serde_json::from_str(&config::schema()).unwrap();
    let example: Value = json5::from_str(&crate::read("config.example.json5")).unwrap();
    let mut book = Book { root: &root, out: String::new(), told: BTreeMap::new(), keys: 0 };
    book.section("", &root, &example);
    assert!(book.keys > 180, "{}", book.keys);
    below_the_mark(PLACE, &book.out);
}

impl Book<'_> {
    /// The keys of one object, and then the objects below it.
    fn section(&mut self, path: &str, schema: &Value, example: &Value) {
        let properties = in_order(schema["properties"].as_object().unwrap(), example);
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let heading = if path.is_empty() { "The top level".to_owned() } else { format!("`{path}`") };
        let level = if path.contains('.') && path != "gateways.NAME" { "###" } else { "##" };
        let _ = write!(self.out, "{level} {heading}\n\n");
        if !path.is_empty() {
            self.out += &paragraphs(schema["description"].as_str().unwrap_or_else(|| panic!("{path} has no meaning")));
        }
        let (mut rows, mut below) = (vec![], vec![]);
        for (key, property) in &properties {
            self.keys += 1;
            let whole = if path.is_empty() { (*key).clone() } else { format!("{path}.{key}") };
            let meaning = property["description"].as_str().unwrap_or_else(|| panic!("{whole} has no meaning"));
            let (values, told) = self.values(&whole, property, &mut below);
            let value = &property["default"];
            let default = if required.contains(key.as_str()) {
                "required".to_owned()
            } else if value.as_object().is_some_and(|object| !object.is_empty()) && !is_whole(self.root, property) {
                String::new()
            } else if value.is_null() {
                "none".to_owned()
            } else {
                code(&json5_of(value))
            };
            let key = format!("<a id=\"{whole}\"></a>{}", code(key));
            rows.push(vec![key, values, default, cell(meaning) + &told]);
        }
        self.out += &table(&["Key", "Values", "Default", "Meaning"], &rows);
        for (inner, schema) in below {
            self.section(&inner, &schema, &at(example, &inner[path.len()..]));
        }
    }

    /// What may stand there, and what each of the names means that may; objects to be described are put into `below`.
    fn values(&mut self, path: &str, schema: &Value, below: &mut Vec<(String, Value)>) -> (String, String) {
        let (name, schema) = resolved(self.root, schema);
        if let Some((_, told)) = EXPLAINED.iter().find(|(known, _)| *known == name) {
            return ((*told).to_owned(), String::new());
        }
        if schema["properties"].is_object() {
            let place = self.told.entry(name).or_insert_with(|| {
                below.push((path.to_owned(), schema.clone()));
                path.to_owned()
            });
            return (format!("[{}](#{})", code(place), anchor(place)), String::new());
        }
        if let Some(options) = schema["oneOf"].as_array() {
            let named = |option: &Value| code(option["const"].as_str().unwrap_or_else(|| panic!("{path}: {option}")));
            let meaning = |option: &Value| {
                let meaning =
                    option["description"].as_str().unwrap_or_else(|| panic!("{path}: {option} has no meaning"));
                format!("<br>{}: {}", named(option), cell(meaning))
            };
            return (options.iter().map(named).collect::<Vec<_>>().join(", "), options.iter().map(meaning).collect());
        }
        let more = schema["patternProperties"].as_object().and_then(|more| more.values().next());
        if let Some(inner) = more.or(Some(&schema["additionalProperties"]).filter(|more| more.is_object())) {
            let (values, told) = self.values(&format!("{path}.NAME"), inner, below);
            return (format!("by name: {values}"), told);
        }
        let values = match kind(schema) {
            "array" => {
                let (values, told) = self.values(&format!("{path}[]"), &schema["items"], below);
                return (format!("list of: {values}"), told);
            }
            "string" => "text",
            "boolean" => "`true`, `false`",
            "integer" => "whole number",
            "number" => "number",
            other => panic!("{path}: {other:?} in {schema}"),
        };
        (values.to_owned(), String::new())
    }
}

/// What the example has at a path below it, such as `gateways.NAME`.
fn at(example: &Value, path: &str) -> Value {
    path.split('.').filter(|step| !step.is_empty()).fold(example.clone(), |value, step| match step {
        "NAME" => value.as_object().and_then(|all| all.values().next()).cloned().unwrap_or_default(),
        key => value[key.trim_end_matches("[]")].clone(),
    })
}

/// The schema that is meant, and its name: without references and "or null".
fn resolved<'a>(root: &'a Value, mut schema: &'a Value) -> (String, &'a Value) {
    let mut name = String::new();
    loop {
        if let Some(reference) = schema["$ref"].as_str() {
            name = reference.rsplit('/').next().unwrap().to_owned();
            schema = &root["$defs"][&name];
        } else if let Some(either) = schema["anyOf"].as_array() {
            schema = &either[0];
        } else {
            return (name, schema);
        }
    }
}

/// The type, "or null" aside.
fn kind(schema: &Value) -> &str {
    let first = schema["type"].as_array().map_or(&schema["type"], |types| &types[0]);
    first.as_str().unwrap_or_default()
}

/// Whether the object is only ever written whole.
fn is_whole(root: &Value, schema: &Value) -> bool {
    resolved(root, schema).1["required"].is_array()
}

/// As config.example.json5 has them; what stands there in comments only comes last.
fn in_order<'a>(properties: &'a Map<String, Value>, example: &Value) -> Vec<(&'a String, &'a Value)> {
    let shown: Vec<&String> = example.as_object().into_iter().flat_map(Map::keys).collect();
    let mut all: Vec<_> = properties.iter().collect();
    all.sort_by_key(|(key, _)| shown.iter().position(|shown| shown == key).unwrap_or(usize::MAX));
    all
}

/// A default as a person writes it.
fn json5_of(value: &Value) -> String {
    match value {
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) => {
            let members: Vec<_> = object.iter().map(|(key, value)| format!("{key}: {}", json5_of(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(json5_of).collect::<Vec<_>>().join(", ")),
        Value::Number(number) => {
            number.as_f64().filter(|_| number.is_f64()).map_or(number.to_string(), |real| real.to_string())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

/// The example shows each default as the schema has it, so that both documents say the same words.
#[test]
fn the_examples_values_are_the_defaults_word_for_word() {
    let root: Value = serde_json::from_str(&config::schema()).unwrap();
    let example: Value = json5::from_str(&crate::read("config.example.json5")).unwrap();
    let (mut compared, mut places) = (0, vec![(root.clone(), example.clone(), String::new())]);
    places.push((
        root["$defs"]["GatewayConfig"].clone(),
        example["gateways"]["main"].clone(),
        "gateways.main".to_owned(),
    ));
    while let Some((schema, example, path)) = places.pop() {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            let (inner, path) = (resolved(&root, property).1, format!("{path}.{key}"));
            let said = &example[key];
            if inner["properties"].is_object() && said.is_object() {
                places.push((inner.clone(), said.clone(), path));
            } else if !property["default"].is_null() && !path.ends_with(".gateways") {
                let same = property["default"] == *said
                    || property["default"].as_f64().is_some_and(|n| said.as_f64() == Some(n));
                assert!(same, "{path}: {} by default, {said} in config.example.json5", property["default"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "{compared}");
}

/// Keys of objects that the example has no room for stand in its comments.
#[test]
fn the_example_names_every_key() {
    let text = crate::read("config.example.json5");
    let words: BTreeSet<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let root: Value = serde_json::from_str(&config::schema()).unwrap();
    let forms = root["$defs"].as_object().unwrap().values().chain([&root]);
    let keys = forms.flat_map(|form| form["properties"].as_object().into_iter().flat_map(Map::keys));
    let missing: Vec<_> = keys.filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What a debug build reads for tests is nothing to set.
const FOR_TESTS: [&str; 1] = ["CHANNELWARDEN_CRASH_AT"];

#[test]
fn every_variable_that_the_program_reads_is_told() {
    let of_help = regex::Regex::new("value_name = \"[^\"]*\"").unwrap();
    let mut read = BTreeSet::new();
    for path in sources(&crate::place("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = of_help.replace_all(text.split("#[cfg(test)]").next().unwrap(), "");
        if !["Environment<'_>", "process_environment(", "env::var"].iter().any(|sign| text.contains(sign)) {
            continue;
        }
        let is_name = |word: &&str| {
            word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        };
        read.extend(text.split('"').skip(1).step_by(2).filter(is_name).map(str::to_owned));
    }
    let read: BTreeSet<_> = read.into_iter().filter(|name| !FOR_TESTS.contains(&name.as_str())).collect();
    let head = above_the_mark(PLACE);
    let (_, ours) = head.split_once("## Environment variables").unwrap();
    let (ours, _) = ours.split_once("Of the libraries").unwrap();
    let told: BTreeSet<String> =
        ours.split('`').skip(1).step_by(2).map(str::to_owned).filter(|word| word.to_uppercase() == *word).collect();
    assert!(read.len() >= 6 && told.is_superset(&read), "read and not told: {:?}", read.difference(&told));
    assert!(read.is_superset(&told), "told and not read: {:?}", told.difference(&read));
}

fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && path.file_name().is_some_and(|name| name != "fuzz.rs")
        {
            found.push(path);
        }
    }
    found
}

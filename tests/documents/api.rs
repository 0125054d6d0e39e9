//! The REST API's endpoints stand in docs/api.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::page::{anchor, below_the_mark, cell, code, paragraphs, table};
use super::served::{READ, Served};

/// What is served beside the API: address and answer.
const BESIDE: [(&str, &str); 8] = [
    ("/healthz", "`ok`: the process answers. For whoever restarts it."),
    (
        "/readyz",
        "200 when our own store answers and every gateway had a good round not long ago (`web.stale_after`); else 503 \
        and why. For whoever routes to it.",
    ),
    ("/metrics", "[Metrics](metrics.md) as OpenMetrics text."),
    ("/status", "The public status page; 404 unless `web.status.enabled`."),
    ("/status.json", "The same as JSON."),
    ("/status.css", "How that page looks."),
    (
        "/badge/{name}",
        "A badge as SVG: `/badge/NAME.svg` of one line of `web.status.models`; `?uptime=7d`, `30d` or `90d` shows \
        uptime in place of the state.",
    ),
    ("/api/style.css", "How the page at `/api` looks."),
];

/// What answers for every other address: the dashboard, and below `/api` a refusal.
const NOWHERE: [&str; 3] = ["/", "/api/", "/api/{*rest}"];

#[tokio::test]
async fn every_endpoint_is_described() {
    let served = Served::new().await;
    let (status, text) = served.ask("GET", "/api/openapi.json", Some(READ)).await;
    assert_eq!(status, 200, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();

    let paths = document["paths"].as_object().unwrap();
    let told: BTreeSet<&str> =
        paths.keys().map(String::as_str).chain(BESIDE.map(|(path, _)| path)).chain(NOWHERE).collect();
    // The router shows its own paths, and nothing else with a slash before it.
    let shown = format!("{:?}", served.router);
    let routed: BTreeSet<&str> =
        shown.split('"').filter(|text| text.starts_with('/') && !text.contains("__private")).collect();
    assert_eq!(routed, told, "what is routed, and what is told");

    let mut out = paragraphs(document["info"]["description"].as_str().unwrap());
    out += "## Beside the API\n\n";
    let mut rows = vec![];
    for (path, answer) in BESIDE {
        rows.push(vec![code(path), right(&served, "GET", path).await.to_owned(), cell(answer)]);
    }
    rows.push(vec![code("/"), right(&served, "GET", "/").await.to_owned(), "The dashboard and its files.".to_owned()]);
    out += &table(&["Address", "Right", "Answer"], &rows);
    let mut count = 0;
    for tag in document["tags"].as_array().unwrap() {
        let name = tag["name"].as_str().unwrap();
        let _ = write!(out, "## The API: {name}\n\n{}", paragraphs(tag["description"].as_str().unwrap()));
        for (path, operations) in paths {
            for (method, operation) in operations.as_object().unwrap().iter().filter(|(_, of)| of["tags"][0] == *name) {
                let method = method.to_uppercase();
                out += &operation_told(&format!("{method} {path}"), operation, right(&served, &method, path).await);
                count += 1;
            }
        }
    }
    assert_eq!(
        count,
        paths.values().map(|operations| operations.as_object().unwrap().len()).sum::<usize>(),
        "a tag is missing"
    );
    assert!(count > 35, "{count}");
    let _ = write!(out, "## Errors\n\n{}", table(&["Status", "When"], &errors(paths)));
    out += "## What is answered and sent\n\n";
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        out += &schema_told(name, schema);
    }
    below_the_mark("docs/api.md", &out);
}

/// What any of them may be answered with that is no good answer.
fn errors(paths: &Map<String, Value>) -> Vec<Vec<String>> {
    let operations = paths.values().flat_map(|operations| operations.as_object().unwrap().values());
    let answers = operations.flat_map(|operation| operation["responses"].as_object().unwrap());
    let mut refusals = BTreeMap::<&String, &str>::new();
    for (status, answer) in answers.filter(|(status, _)| status.as_str() >= "400") {
        let said = refusals.entry(status).or_default();
        let words = answer["description"].as_str().unwrap();
        *said = if words.len() > said.len() { words } else { said };
    }
    assert!(refusals.len() > 6, "{refusals:?}");
    refusals.into_iter().map(|(status, words)| vec![code(status), cell(words)]).collect()
}

/// The right that an endpoint wants, found out by asking without it.
async fn right(served: &Served, method: &str, path: &str) -> &'static str {
    let path = path.replace("{id}", "1").replace("{name}", "none.svg");
    assert!(!path.contains('{'), "{path}");
    // Who logs in or out is told of tokens, and needs none.
    if ["/api/login", "/api/logout"].contains(&path.as_str()) || served.ask(method, &path, None).await.0 != 401 {
        return "public";
    }
    if served.ask(method, &path, Some(READ)).await.0 == 403 { "act" } else { "read" }
}

fn operation_told(heading: &str, operation: &Value, right: &str) -> String {
    let summary = operation["summary"].as_str().unwrap_or_else(|| panic!("{heading} does not say what it does"));
    let mut out = format!("### `{heading}`\n\n");
    for text in [Some(summary), operation["description"].as_str()].into_iter().flatten() {
        out += &paragraphs(text);
    }
    let answers = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
    let answers: Vec<_> = answers
        .map(|(status, answer)| {
            let content = answer["content"].as_object().into_iter().flatten();
            let forms: Vec<_> = content
                .map(|(form, content)| match form.as_str() {
                    "application/json" => kind(&content["schema"]),
                    other => code(other),
                })
                .collect();
            let said = if forms.is_empty() { "nothing".to_owned() } else { forms.join(" or ") };
            if status == "200" { said } else { format!("{said} (status {status})") }
        })
        .collect();
    let _ = writeln!(out, "Right: {right}. Answer: {}.", answers.join(", or "));
    let body = &operation["requestBody"];
    if !body.is_null() {
        let form = kind(&body["content"]["application/json"]["schema"]);
        let _ = writeln!(out, "Body: {form}{}.", if body["required"] == false { ", or none" } else { "" });
    }
    out.push('\n');
    let rows: Vec<_> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| {
            let name = parameter["name"].as_str().unwrap();
            let meaning =
                parameter["description"].as_str().unwrap_or_else(|| panic!("{heading}: {name} has no meaning"));
            let must = if parameter["required"] == true { " (required)" } else { "" };
            vec![code(name) + must, kind(&parameter["schema"]), cell(meaning)]
        })
        .collect();
    if rows.is_empty() { out } else { out + &table(&["Parameter", "Values", "Meaning"], &rows) }
}

fn schema_told(name: &str, schema: &Value) -> String {
    let mut out = format!("### `{name}`\n\n{}", paragraphs(schema["description"].as_str().unwrap_or_default()));
    let parts: Vec<&Value> = schema["allOf"].as_array().map_or_else(|| vec![schema], |parts| parts.iter().collect());
    for part in parts {
        let rows: Vec<_> = part["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(field, property)| {
                let meaning = property["description"].as_str().map_or_else(|| described_there(property), cell);
                assert!(!meaning.is_empty(), "{name}.{field} has no meaning: {property}");
                vec![code(field), kind(property), meaning]
            })
            .collect();
        if rows.is_empty() {
            let _ = write!(out, "{}.\n\n", kind(part));
        } else {
            out += &table(&["Field", "Values", "Meaning"], &rows);
        }
    }
    out
}

/// A field whose form says all there is to say.
fn described_there(property: &Value) -> String {
    let referred = property.to_string().contains("$ref");
    if referred { "As its form says.".to_owned() } else { String::new() }
}

/// What a value may be, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return format!("[{}](#{})", code(name), anchor(name));
    }
    for either in ["oneOf", "anyOf", "allOf"] {
        if let Some(options) = schema[either].as_array() {
            let mut options: Vec<_> = options.iter().map(kind).collect();
            options.dedup();
            return options.join(if either == "allOf" { " and " } else { " or " });
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let text = |value: &Value| code(value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
        return values.iter().map(text).collect::<Vec<_>>().join(", ");
    }
    let one = [schema["type"].clone()];
    let types: Vec<&str> =
        schema["type"].as_array().map_or(&one[..], Vec::as_slice).iter().filter_map(Value::as_str).collect();
    let named = |name: &&str| match *name {
        "string" if schema["format"] == "date-time" => "time".to_owned(),
        "string" => "text".to_owned(),
        "integer" => format!("whole number{}", bounds(schema)),
        "number" => format!("number{}", bounds(schema)),
        "boolean" => "`true`, `false`".to_owned(),
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("by name: {}", kind(&schema["additionalProperties"]))
        }
        "object" => "object".to_owned(),
        "null" => "null".to_owned(),
        other => panic!("{other}: {schema}"),
    };
    if types.is_empty() { "anything".to_owned() } else { types.iter().map(named).collect::<Vec<_>>().join(" or ") }
}

fn bounds(schema: &Value) -> String {
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (least, Value::Null) => format!(" from {least}"),
        (Value::Null, most) => format!(" up to {most}"),
        (least, most) => format!(" from {least} to {most}"),
    }
}

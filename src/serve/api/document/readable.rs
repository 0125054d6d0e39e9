//! The API's description as a page: plain HTML, nothing of it a program.
//!
//! Decides: what of the description a person reads first. Must not know: where it is served.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// The page of a description.
pub(super) fn page(document: &Value) -> String {
    let mut out = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>channelwarden API</title>\n\
         <link rel=\"stylesheet\" href=\"/api/style.css\">\n<link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n<header>\n",
    );
    let version = text(&document["info"]["version"]);
    let _ = writeln!(out, "<h1>channelwarden API <small>{}</small></h1>", escape(version));
    for paragraph in text(&document["info"]["description"]).split("\n\n") {
        let _ = writeln!(out, "<p>{}</p>", prose(paragraph));
    }
    out.push_str(
        "<p><a href=\"/api/openapi.json\">openapi.json</a> · <a href=\"/\">dashboard</a></p>\n</header>\n<main>\n",
    );
    for tag in list(&document["tags"]) {
        section(&mut out, document, tag);
    }
    out.push_str("<section>\n<h2>Schemas</h2>\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let _ = writeln!(out, "<article id=\"schema-{0}\">\n<h3>{0}</h3>", escape(name));
        described(&mut out, schema);
        fields(&mut out, schema);
        out.push_str("</article>\n");
    }
    out.push_str("</section>\n</main>\n</body>\n</html>\n");
    out
}

fn section(out: &mut String, document: &Value, tag: &Value) {
    let operations: Vec<_> = members(&document["paths"])
        .flat_map(|(path, item)| members(item).map(move |(method, operation)| (path, method, operation)))
        .filter(|(_, _, operation)| list(&operation["tags"]).any(|named| *named == tag["name"]))
        .collect();
    if operations.is_empty() {
        return;
    }
    let _ = writeln!(out, "<section>\n<h2>{}</h2>", escape(text(&tag["name"])));
    described(out, tag);
    for (path, method, operation) in operations {
        let method = method.to_uppercase();
        let _ = writeln!(out, "<article>\n<h3><b>{}</b> <code>{}</code></h3>", escape(&method), escape(path));
        let told = ["summary", "description"].map(|key| text(&operation[key]));
        for paragraph in told.iter().filter(|told| !told.is_empty()) {
            let _ = writeln!(out, "<p>{}</p>", prose(paragraph));
        }
        parameters(out, operation);
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            let _ = writeln!(out, "<p>Body: {}</p>", kind(body));
        }
        answers(out, operation);
        out.push_str("</article>\n");
    }
    out.push_str("</section>\n");
}

fn parameters(out: &mut String, operation: &Value) {
    let mut parameters = list(&operation["parameters"]).peekable();
    if parameters.peek().is_none() {
        return;
    }
    out.push_str(
        "<table>\n<thead><tr><th>Parameter</th><th>In</th><th>Form</th><th>Meaning</th></tr></thead>\n<tbody>\n",
    );
    for parameter in parameters {
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(text(&parameter["name"])),
            escape(text(&parameter["in"])),
            kind(&parameter["schema"]),
            prose(text(&parameter["description"])),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn answers(out: &mut String, operation: &Value) {
    out.push_str("<ul>\n");
    for (status, response) in members(&operation["responses"]) {
        let content = members(&response["content"]).next();
        let form = content.map(|(media, content)| format!(" {} ({})", kind(&content["schema"]), escape(media)));
        let told = prose(text(&response["description"]));
        let good = status.starts_with('2');
        let shown = if good { form.unwrap_or_default() } else { String::new() };
        let _ = writeln!(out, "<li><code>{}</code>{shown} {told}</li>", escape(status));
    }
    out.push_str("</ul>\n");
}

fn fields(out: &mut String, schema: &Value) {
    let parts: Vec<_> = list(&schema["allOf"]).chain(list(&schema["oneOf"])).collect();
    let values: Vec<_> = list(&schema["enum"]).map(|value| format!("<code>{}</code>", escape(text(value)))).collect();
    if !values.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", values.join(" "));
    }
    for part in &parts {
        if part["$ref"].is_string() {
            let _ = writeln!(out, "<p>All of {}, and:</p>", kind(part));
        }
        described(out, part);
        fields(out, part);
    }
    let mut properties = members(&schema["properties"]).peekable();
    if properties.peek().is_none() {
        return;
    }
    out.push_str("<table>\n<thead><tr><th>Member</th><th>Form</th><th>Meaning</th></tr></thead>\n<tbody>\n");
    for (name, property) in properties {
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            escape(name),
            kind(property),
            prose(text(&property["description"])),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn described(out: &mut String, of: &Value) {
    let told = text(&of["description"]);
    if !told.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", prose(told));
    }
}

/// A schema in a few words, named ones as links.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    let values: Vec<_> = list(&schema["enum"]).map(|value| escape(text(value))).collect();
    if !values.is_empty() {
        return values.join(" | ");
    }
    let any: Vec<_> = list(&schema["oneOf"]).chain(list(&schema["anyOf"])).map(kind).collect();
    if !any.is_empty() {
        return any.join(" or ");
    }
    let types = list(&schema["type"]).map(text);
    let words: Vec<_> = schema["type"].as_str().into_iter().chain(types).collect();
    if words.contains(&"array") {
        return format!("[{}]", kind(&schema["items"]));
    }
    let format = schema["format"].as_str().map(|format| format!(" ({format})")).unwrap_or_default();
    let bound = |key: &str| schema[key].as_f64();
    let bounds = match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(" {least}–{most}"),
        (None, Some(most)) => format!(" ≤ {most}"),
        (Some(_) | None, None) => String::new(),
    };
    escape(&format!("{}{format}{bounds}", words.join(" or ")))
}

/// Escaped text, with `code` between backticks.
fn prose(words: &str) -> String {
    let mut out = String::new();
    for (place, part) in escape(words).split('`').enumerate() {
        let _ = if place % 2 == 1 { write!(out, "<code>{part}</code>") } else { write!(out, "{part}") };
    }
    out
}

/// Text as it may stand anywhere in HTML.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_description_says_is_text_and_never_a_tag() {
        let document = json!({
            "info": { "version": "1", "description": "A `code` & <b>" },
            "tags": [{ "name": "t" }],
            "paths": { "/x": { "get": {
                "tags": ["t"], "summary": "<script>", "responses": { "200": { "description": "\"'" } },
            } } },
        });
        let page = page(&document);
        assert!(page.contains("A <code>code</code> &amp; &lt;b&gt;"), "{page}");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
        assert!(page.contains("<code>200</code> &quot;&#39;"), "{page}");
    }
}

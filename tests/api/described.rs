//! The description: whole, true, and readable.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scene::Scene;

#[tokio::test]
async fn every_path_is_described_with_its_errors() {
    let scene = Scene::new().await;
    let document = scene.read("/api/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    assert_eq!(
        (&document["info"]["title"], &document["info"]["version"]),
        (&"channelwarden".into(), &env!("CARGO_PKG_VERSION").into())
    );
    assert!(document["components"]["securitySchemes"]["bearer"].is_object());
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/api/summary",
        "/api/gateways",
        "/api/channels",
        "/api/models",
        "/api/models/{id}",
        "/api/models/{id}/history",
        "/api/models/{id}/series",
        "/api/models/{id}/transitions",
        "/api/series",
        "/api/transitions",
        "/api/rounds",
        "/api/grid",
        "/api/status",
        "/api/litellm/models",
        "/api/litellm/incidents",
        "/api/test/litellm",
        "/api/changes",
        "/api/changes/{id}",
        "/api/plan",
        "/api/withdrawn",
        "/api/holds",
        "/api/alerts",
        "/api/outbox",
        "/api/outbox/retry",
        "/api/free",
        "/api/budget",
        "/api/version",
        "/api/events",
        "/api/openapi.json",
        "/api",
        "/api/scan",
        "/api/plan/apply",
        "/api/plan/approve",
        "/api/plan/reject",
        "/api/changes/{id}/undo",
        "/api/holds/release",
    ] {
        assert!(paths.contains_key(path), "{path} is not described");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{what}: its id is another's too"
            );
            assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{what}");
            for status in ["400", "401", "403", "500"] {
                let schema = &operation["responses"][status]["content"]["application/json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/ErrorBody", "{what}: {status}");
            }
        }
    }
    everything_named_is_there(&document, &document);
}

fn everything_named_is_there(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(name.trim_start_matches('#')).is_some(), "{name} is nowhere");
            }
            members.values().for_each(|value| everything_named_is_there(document, value));
        }
        Value::Array(parts) => parts.iter().for_each(|value| everything_named_is_there(document, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every member that an answer has is described, and every one that is described is there.
#[tokio::test]
async fn answers_are_as_described() {
    let scene = Scene::new().await;
    let document = scene.read("/api/openapi.json").await;
    for (path, schema) in [
        ("/api/summary", "Summary"),
        ("/api/gateways", "GatewayRow"),
        ("/api/channels", "ChannelRow"),
        ("/api/models", "ModelRow"),
        ("/api/rounds", "RoundRow"),
        ("/api/changes", "ChangeRow"),
        ("/api/plan", "PlanRow"),
        ("/api/grid", "Grid"),
        ("/api/budget", "Budget"),
        ("/api/status", "Status"),
    ] {
        let answer = scene.read(path).await;
        let row = if answer.is_array() { &answer[0] } else { &answer };
        let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(members(row), members(&document["components"]["schemas"][schema]["properties"]), "{path}");
    }
}

#[tokio::test]
async fn the_page_is_made_of_it_and_is_no_program() {
    let scene = Scene::new().await;
    let answer = scene.get("/api").await;
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
    let page = answer.text();
    for part in
        ["<code>/api/models/{id}/history</code>", "X-Total-Count", "id=\"schema-ModelRow\"", "consecutive_failures"]
    {
        assert!(page.contains(part), "{part} is not on the page");
    }
    for part in ["<script", "javascript:", " style=", " onclick", "http://", "https://"] {
        assert!(!page.contains(part), "{part} is on the page");
    }
    let style = page.split("href=\"").find(|part| part.contains(".css")).unwrap().split('"').next().unwrap().to_owned();
    let style = scene.get(&style).await;
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
}

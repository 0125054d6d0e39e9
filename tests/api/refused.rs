//! What is no proper question is answered with an error of one form, and never with a mistake of ours.

use serde_json::json;

use crate::client::{TOKEN, send};
use crate::scene::{Scene, code};

#[tokio::test]
async fn a_bad_question_is_told_what_is_wrong_with_it() {
    let scene = Scene::new().await;
    let long = "x".repeat(501);
    let long_name = format!("/api/models/{long}");
    let long_light = format!("/api/models?light={}", ["up"; 40].join(","));
    let long_search = format!("/api/models?search={long}");
    for path in [
        "/api/models?limit=0",
        "/api/models?limit=5001",
        "/api/models?limit=-1",
        "/api/models?limit=many",
        "/api/models?offset=99999999999",
        "/api/models?offset=-1",
        "/api/models?light=green",
        "/api/models?light=up,",
        "/api/models?sort=color",
        "/api/models?desc=perhaps",
        "/api/models?withdrawn=1",
        "/api/models?channel=x",
        "/api/models?colour=red",
        "/api/models?channel=",
        "/api/models?channel=0",
        "/api/models?withdrawn=",
        "/api/models?limit=1&limit=2",
        "/api/rounds?limit=1001",
        "/api/grid?rounds=61",
        "/api/grid?rounds=0",
        "/api/series?window=1y",
        "/api/series?bucket=1m",
        "/api/changes?state=lost",
        "/api/changes/x",
        "/api/changes/1.5",
        "/api/changes/99999999999999999999",
        "/api/models/%ff",
        "/api/models/a/history?limit=0",
        "/api/transitions?limit=100000",
        &long_name,
        &long_search,
        &long_light,
    ] {
        let answer = scene.get(path).await;
        assert_eq!((answer.status, code(&answer).as_str()), (400, "bad_request"), "{path}: {}", answer.text());
        assert_eq!(answer.header("etag"), None, "{path}");
    }
    for path in [
        "/api/models/999999",
        "/api/models/nobody",
        "/api/models/nobody/series",
        "/api/models/-1/history",
        "/api/changes/999999",
        "/api/changes/0",
        "/api/changes/-1",
        "/api/nowhere",
        "/api/models/a/b/c",
        "/api/",
        "/api/summary?gateway=nobody",
        "/api/models?gateway=nobody",
        "/api/plan?gateway=%3Cscript%3E",
    ] {
        let answer = scene.get(path).await;
        assert_eq!((answer.status, code(&answer).as_str()), (404, "not_found"), "{path}: {}", answer.text());
    }
    assert!(scene.get("/api/summary?gateway=nobody").await.text().contains("there are: main"));
}

#[tokio::test]
async fn a_wrong_method_is_told_which_there_are() {
    let scene = Scene::new().await;
    for (method, path) in
        [("DELETE", "/api/models"), ("PUT", "/api/holds"), ("GET", "/api/scan"), ("POST", "/api/summary")]
    {
        let token = format!("Bearer {TOKEN}");
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let answer = send(scene.at, method, path, &headers, "").await;
        assert_eq!((answer.status, code(&answer).as_str()), (405, "bad_request"), "{method} {path}");
        assert!(answer.header("allow").is_some(), "{method} {path}: {:?}", answer.headers);
    }
}

#[tokio::test]
async fn a_body_is_json_of_a_bounded_length_that_says_what_is_known() {
    let scene = Scene::new().await;
    let token = format!("Bearer {TOKEN}");
    let post = async |path: &'static str, kind: &'static str, body: String| {
        send(scene.at, "POST", path, &[("Authorization", &token), ("Content-Type", kind)], &body).await
    };
    let json = "application/json";
    let apply = "/api/plan/apply";
    for (path, kind, body, status) in [
        (apply, json, "{".to_owned(), 400),
        (apply, json, "[]".to_owned(), 400),
        (apply, json, "null".to_owned(), 400),
        (apply, json, "{} {}".to_owned(), 400),
        (apply, json, String::new(), 400),
        (apply, json, r#"{"gateway": 1}"#.to_owned(), 400),
        (apply, json, r#"{"gateway": "main", "channel": "1"}"#.to_owned(), 400),
        (apply, json, r#"{"gateway": "main", "channel": 0}"#.to_owned(), 400),
        (apply, json, r#"{"gateway": "main", "chanel": 1}"#.to_owned(), 400),
        (apply, json, r#"{"gateway": "main", "gateway": "main"}"#.to_owned(), 400),
        (apply, json, r#"{"gateway": ""}"#.to_owned(), 404),
        (apply, json, r#"{"gateway": "nobody"}"#.to_owned(), 404),
        (apply, "text/plain", r#"{"gateway": "main"}"#.to_owned(), 415),
        (apply, json, format!(r#"{{"gateway": "{}"}}"#, "x".repeat(501)), 400),
        (apply, json, format!(r#"{{"gateway": "{}"}}"#, "x".repeat(70_000)), 413),
        ("/api/holds", json, r#"{"model": "a", "reason": "x"}"#.to_owned(), 400),
        ("/api/holds", json, "{}".to_owned(), 400),
        ("/api/holds", json, format!(r#"{{"reason": "{}"}}"#, "x".repeat(501)), 400),
        ("/api/holds/release", json, r#"{"gateway": "main"}"#.to_owned(), 404),
        ("/api/holds/release", json, "[null, null, null]".to_owned(), 400),
        ("/api/scan", json, "[]".to_owned(), 400),
    ] {
        let answer = post(path, kind, body.clone()).await;
        assert_eq!(answer.status, status, "{path} {body:.80}: {}", answer.text());
        assert!(["bad_request", "not_found"].contains(&code(&answer).as_str()));
    }
    assert_eq!(scene.read("/api/holds").await, json!([]), "nothing of it was done");
}

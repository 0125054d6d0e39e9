//! Tokens: what each gives, and what is said to whoever has none.

use channelwarden::config::Config;
use serde_json::json;

use super::scene::{ACT, ACTING, READ, Scene, config};

/// Some of what needs the right to read.
const READING: [&str; 2] = ["/api/version", "/metrics"];

/// What is open to everybody, and says so.
const OPEN: [&str; 3] = ["/api/session", "/api/login", "/api/logout"];

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn reading_needs_a_token_where_one_is_set() {
    let scene = Scene::new(config()).await;
    for path in READING {
        let (status, code, words) = scene.get(path, &[]).await.refusal();
        assert_eq!((status, code.as_str()), (401, "unauthorized"), "{path}");
        assert!(words.contains("web.read_token"), "{words}");
        let wrong = scene.get(path, &[("authorization", "Bearer canary-read-0123456780")]).await;
        assert_eq!(wrong.status, 401, "{path}");
        assert!(wrong.header("www-authenticate").starts_with("Bearer"));
        for token in [READ, ACT] {
            let right = scene.get(path, &[("authorization", &bearer(token))]).await;
            assert_eq!(right.status, 200, "{path} {right:?}");
        }
        // A part of the token, more than the token, nothing.
        for token in [&READ[..READ.len() - 1], &format!("{READ}x"), ""] {
            assert_eq!(scene.get(path, &[("authorization", &bearer(token))]).await.status, 401, "{token:?}");
        }
        // A proxy's own password is none of ours.
        assert_eq!(scene.get(path, &[("authorization", "Basic dXNlcjpwYXNz")]).await.status, 401);
    }
}

#[tokio::test]
async fn without_a_read_token_loopback_reads_and_nobody_acts() {
    let scene = Scene::new(Config::default()).await;
    for path in READING {
        assert_eq!(scene.get(path, &[]).await.status, 200, "{path}");
        // Who sends a token means something by it.
        assert_eq!(scene.get(path, &[("authorization", &bearer(READ))]).await.status, 401, "{path}");
    }
    let (status, code, words) = scene.post(ACTING, &[], &json!({})).await.refusal();
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    assert!(words.contains("web.act_token"), "{words}");
    let (status, _, words) = scene.post("/api/login", &[], &json!({ "token": READ })).await.refusal();
    assert_eq!(status, 403);
    assert!(words.contains("web.act_token"), "{words}");
}

#[tokio::test]
async fn to_read_is_not_to_act() {
    let scene = Scene::new(config()).await;
    let (status, code, words) = scene.post(ACTING, &[("authorization", &bearer(READ))], &json!({})).await.refusal();
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    assert!(words.contains("web.act_token"), "{words}");
    assert_eq!(scene.post(ACTING, &[], &json!({})).await.status, 401);
    assert_eq!(scene.post(ACTING, &[("authorization", &bearer(ACT))], &json!({})).await.status, 200);

    let (cookie, csrf) = scene.log_in(READ).await;
    let answer = scene.post(ACTING, &[("cookie", &cookie), ("x-csrf-token", &csrf)], &json!({})).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let state = scene.get("/api/session", &[("cookie", &cookie)]).await.json();
    assert_eq!((&state["may_read"], &state["may_act"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_name_that_is_not_ours_reads_nothing() {
    let mut open = Config::default();
    open.web.public_url = Some("https://cw.example.com".to_owned());
    let scene = Scene::new(open).await;
    for path in READING.into_iter().chain(["/api/session"]) {
        let (status, _, words) = scene.get(path, &[("host", "evil.example:8000")]).await.refusal();
        assert_eq!(status, 403, "{path}");
        assert!(words.contains("web.public_url"), "{words}");
        for host in ["localhost:8000", "[::1]:8000", "cw.example.com"] {
            assert_eq!(scene.get(path, &[("host", host)]).await.status, 200, "{path} {host}");
        }
    }
    // With a read token a foreign name gives nothing that the token does not give.
    let scene = Scene::new(config()).await;
    let headers = [("host", "behind.a.proxy"), ("authorization", &bearer(READ))];
    assert_eq!(scene.get(READING[0], &headers).await.status, 200);
}

#[tokio::test]
async fn a_foreign_page_does_nothing_even_with_the_token() {
    let scene = Scene::new(config()).await;
    let token = bearer(ACT);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:9999"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for path in [ACTING, "/api/login", "/api/logout"] {
            let headers = [("authorization", token.as_str()), (name, value)];
            let answer = scene.post(path, &headers, &json!({ "token": ACT })).await;
            assert_eq!(answer.status, 403, "{path} {name} {value}");
            assert_eq!(answer.header("set-cookie"), "");
        }
    }
    let headers =
        [("authorization", token.as_str()), ("origin", "http://127.0.0.1:8000"), ("sec-fetch-site", "same-origin")];
    assert_eq!(scene.post(ACTING, &headers, &json!({})).await.status, 200);
}

#[tokio::test]
async fn every_path_that_is_described_keeps_its_right() {
    let scene = Scene::new(config()).await;
    let reader = bearer(READ);
    let described = scene.get("/api/openapi.json", &[("authorization", &reader)]).await.json();
    let (mut reads, mut acts) = (0, 0);
    for (path, operations) in described["paths"].as_object().unwrap() {
        if OPEN.contains(&path.as_str()) {
            continue;
        }
        let path = path.replace("{id}", "1");
        for method in operations.as_object().unwrap().keys() {
            let (nobody, token) = match method.as_str() {
                "get" => (scene.get(&path, &[]).await, None),
                "post" => (
                    scene.post(&path, &[], &json!({})).await,
                    Some(scene.post(&path, &[("authorization", &reader)], &json!({})).await),
                ),
                other => panic!("{other} {path}"),
            };
            assert_eq!(nobody.status, 401, "{method} {path}");
            match token {
                Some(reading) => {
                    assert_eq!(reading.status, 403, "{path}");
                    acts += 1;
                }
                None => reads += 1,
            }
        }
    }
    assert!(reads > 20 && acts > 5, "{reads} {acts}");
    // Nothing under /api is open because it is not described.
    assert_eq!(scene.get("/api", &[]).await.status, 401);
    assert_eq!(scene.post("/api/scan", &[("authorization", &bearer(ACT))], &json!({})).await.status, 503);
}

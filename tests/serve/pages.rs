//! What every answer carries, the dashboard's files, and secrets that stand nowhere.

use axum::body::Body;
use channelwarden::config::Config;
use serde_json::json;

use super::scene::{ACT, READ, Scene, config, request};

#[tokio::test]
async fn every_answer_tells_the_browser_what_it_may_not() {
    let scene = Scene::new(config()).await;
    let paths = [
        "/",
        "/assets/none.js",
        "/api/version",
        "/api/session",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/nothing",
        "/nothing/here",
    ];
    for path in paths {
        let answer = scene.get(path, &[]).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("script-src 'self'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(!answer.header("referrer-policy").is_empty(), "{path}");
    }
    let too_long = request("POST", "/api/login", &[], Body::from(vec![b' '; 65 * 1024]));
    let answer = scene.send(too_long).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
    assert!(!answer.header("content-security-policy").is_empty());
}

#[tokio::test]
async fn a_page_stands_at_the_root_whether_it_was_built_or_not() {
    let scene = Scene::new(Config::default()).await;
    let page = scene.get("/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-cache");
    assert!(page.text.contains("channelwarden"), "{}", page.text);
    // Neither a script nor a style stands in the page itself: the policy would not run it.
    assert!(!page.text.contains("<style") && !page.text.contains("style="), "{}", page.text);
    assert!(!page.text.contains("<script>") && !page.text.contains("onload="), "{}", page.text);
    assert_eq!(scene.get("/../Cargo.toml", &[]).await.status, 404);
    assert_eq!(scene.get("/%2e%2e/Cargo.toml", &[]).await.status, 404);
    let posted = scene.send(request("POST", "/", &[], Body::empty())).await;
    assert_eq!(posted.status, 405);
    // Only a page that was built has one.
    let tag = page.header("etag");
    if !tag.is_empty() {
        assert_eq!(scene.get("/", &[("if-none-match", tag)]).await.status, 304);
    }
}

#[tokio::test]
async fn no_answer_holds_a_token() {
    let scene = Scene::new(config()).await;
    let token = format!("Bearer {ACT}");
    let mut texts = vec![format!("{:?} {:?}", scene.app, scene.app.config)];
    for path in ["/", "/api/version", "/api/session", "/readyz", "/nothing"] {
        let answer = scene.get(path, &[("authorization", &token)]).await;
        texts.push(format!("{:?} {}", answer.headers, answer.text));
    }
    for token in [READ, ACT, "canary-wrong-0123456789"] {
        let answer = scene.post("/api/login", &[], &json!({ "token": token })).await;
        texts.push(format!("{:?} {}", answer.headers, answer.text));
    }
    for text in texts {
        assert!(!text.contains("canary"), "{text}");
    }
}

//! Logging in: the cookie, the text against foreign pages, how often, how long.

use std::time::Duration;

use axum::body::Body;
use channelwarden::clock;
use futures::StreamExt as _;
use serde_json::json;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::scene::{ACT, ACTING, READ, Scene, config, request};

const LONG: Duration = Duration::from_secs(20);
const READING: &str = "/api/version";

#[tokio::test]
async fn a_session_acts_with_its_own_text_only() {
    let scene = Scene::new(config()).await;
    let (cookie, csrf) = scene.log_in(ACT).await;
    let (_, anothers) = scene.log_in(ACT).await;
    assert_eq!(scene.get(READING, &[("cookie", &cookie)]).await.status, 200);
    let (status, _, words) = scene.post(ACTING, &[("cookie", &cookie)], &json!({})).await.refusal();
    assert_eq!(status, 403);
    assert!(words.contains("X-CSRF-Token"), "{words}");
    for wrong in [anothers.as_str(), "", &csrf[1..], READ] {
        let answer = scene.post(ACTING, &[("cookie", &cookie), ("x-csrf-token", wrong)], &json!({})).await;
        assert_eq!(answer.status, 403, "{wrong:?}");
    }
    let right = scene.post(ACTING, &[("cookie", &cookie), ("x-csrf-token", &csrf)], &json!({})).await;
    assert_eq!(right.status, 200);
    let state = scene.get("/api/session", &[("cookie", &cookie)]).await.json();
    assert_eq!(
        state,
        json!({"may_read": true, "may_act": true, "needs_token": true, "acts_with_token": true, "csrf": csrf})
    );
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites() {
    let scene = Scene::new(config()).await;
    let answer = scene.post("/api/login", &[], &json!({ "token": READ })).await;
    let cookie = answer.header("set-cookie");
    for part in ["channelwarden_session=", "; Path=/", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert_eq!(answer.header("cache-control"), "no-store");

    let mut https = config();
    https.web.public_url = Some("https://cw.example.com".to_owned());
    let scene = Scene::new(https).await;
    let answer = scene.post("/api/login", &[], &json!({ "token": READ })).await;
    assert!(answer.header("set-cookie").ends_with("; Secure"), "{answer:?}");
}

#[tokio::test]
async fn who_logs_out_is_out() {
    let scene = Scene::new(config()).await;
    let (cookie, csrf) = scene.log_in(READ).await;
    assert_eq!(scene.post("/api/logout", &[("cookie", &cookie)], &json!({})).await.status, 403);
    assert_eq!(scene.get(READING, &[("cookie", &cookie)]).await.status, 200);
    let out = scene.post("/api/logout", &[("cookie", &cookie), ("x-csrf-token", &csrf)], &json!({})).await;
    assert_eq!(out.json()["may_read"], false);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_eq!(scene.get(READING, &[("cookie", &cookie)]).await.status, 401);
}

#[tokio::test]
async fn who_logs_out_hears_no_more_news() {
    let scene = Scene::new(config()).await;
    let (cookie, csrf) = scene.log_in(READ).await;
    let listen = || request("GET", "/api/events", &[("cookie", &cookie)], Body::empty());
    let news = scene.router.clone().oneshot(listen()).await.unwrap();
    assert_eq!(news.status(), 200);
    let mut body = news.into_body().into_data_stream();
    let first = timeout(LONG, body.next()).await.unwrap().unwrap().unwrap();
    assert!(first.starts_with(b"event: progress"), "{first:?}");
    assert!(timeout(Duration::from_secs(1), body.next()).await.is_err(), "it is open while the session is");

    scene.post("/api/logout", &[("cookie", &cookie), ("x-csrf-token", &csrf)], &json!({})).await;
    let ended = timeout(LONG, body.next()).await;
    assert!(ended.unwrap_or_else(|_| panic!("it goes on")).is_none());
    assert_eq!(scene.router.clone().oneshot(listen()).await.unwrap().status(), 401);
}

#[tokio::test]
async fn logging_in_again_ends_the_session_before() {
    let scene = Scene::new(config()).await;
    let (old, _) = scene.log_in(READ).await;
    let answer = scene.post("/api/login", &[("cookie", &old)], &json!({ "token": ACT })).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.header("set-cookie").starts_with(&old));
    assert_eq!(scene.get(READING, &[("cookie", &old)]).await.status, 401);
}

#[tokio::test]
async fn a_session_ends_when_nobody_comes_and_after_a_week_in_any_case() {
    let scene = Scene::new(config()).await;
    let (idle, _) = scene.log_in(READ).await;
    let (busy, _) = scene.log_in(READ).await;
    let still = async |cookie: &str| scene.get(READING, &[("cookie", cookie)]).await.status == 200;
    clock::advance(Duration::from_hours(11));
    assert!(still(&busy).await);
    clock::advance(Duration::from_hours(2));
    assert!(!still(&idle).await && still(&busy).await);
    for _ in 0..15 {
        clock::advance(Duration::from_hours(10));
        assert!(still(&busy).await);
    }
    clock::advance(Duration::from_hours(6));
    assert!(!still(&busy).await);
}

#[tokio::test]
async fn guessing_is_slow() {
    let scene = Scene::new(config()).await;
    for _ in 0..10 {
        assert_eq!(scene.post("/api/login", &[], &json!({ "token": "not-the-token-at-all" })).await.status, 401);
    }
    // Now the right one, too, has to wait.
    let answer = scene.post("/api/login", &[], &json!({ "token": READ })).await;
    assert_eq!((answer.status.as_u16(), answer.refusal().1.as_str()), (429, "rate_limited"));
    assert!((1..=60).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
}

#[tokio::test]
async fn what_is_no_login_is_told_so() {
    let scene = Scene::new(config()).await;
    for body in [json!({}), json!({"token": 7}), json!([])] {
        assert_eq!(scene.post("/api/login", &[], &body).await.refusal().1, "bad_request");
    }
    assert_eq!(scene.get(READING, &[("cookie", "channelwarden_session=")]).await.status, 401);
    assert_eq!(scene.get(READING, &[("cookie", "channelwarden_session=00; a=b; =; ;")]).await.status, 401);
}

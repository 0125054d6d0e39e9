//! The public page: what is named in the configuration, and nothing else.

use channelwarden::clock;
use channelwarden::config::{Config, StatusModel};
use channelwarden::model::Outcome::{Busy, Gone, Works};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::scene::{Scene, config};
use super::seen;

/// Two lines; of the second nothing is known.
fn shown() -> Config {
    let mut config = config();
    config.web.status.enabled = true;
    "Status of <us> & all".clone_into(&mut config.web.status.title);
    let line = |name: &str, model: &str, channels: &[i64]| StatusModel {
        name: name.to_owned(),
        gateway: "main".to_owned(),
        model: model.to_owned(),
        channels: channels.to_vec(),
    };
    let models =
        [line("Smart 模型", "canary/secret-4o", &[]), line("second", "canary/secret-4o", &[2]), line("new", "x", &[])];
    config.web.status.models = models.to_vec();
    config
}

async fn filled() -> Scene {
    let scene = Scene::new(shown()).await;
    let now = clock::now();
    let day = SignedDuration::from_hours(24);
    // Four days ago it failed once of two; channel 2 was never up; what says nothing counts for nothing.
    seen::round(&scene.app.store, 1, now - day * 4, &[("canary/secret-4o", Gone, 9)]).await;
    seen::round(&scene.app.store, 1, now - day * 4, &[("canary/secret-4o", Works, 9)]).await;
    seen::round(&scene.app.store, 1, now, &[("canary/secret-4o", Works, 9), ("canary/other", Works, 9)]).await;
    seen::round(&scene.app.store, 2, now, &[("canary/secret-4o", Gone, 9)]).await;
    seen::round(&scene.app.store, 2, now, &[("canary/secret-4o", Busy, 9)]).await;
    scene
}

#[tokio::test]
async fn there_is_no_page_unless_it_is_asked_for() {
    let mut off = shown();
    off.web.status.enabled = false;
    let scene = Scene::new(off).await;
    for path in ["/status", "/status.json", "/status.css", "/badge/new.svg"] {
        assert_eq!(scene.get(path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn everybody_reads_the_lines_under_their_names_and_nothing_else() {
    let scene = filled().await;
    // From anywhere, by any name, without a token.
    let page = scene.get("/status", &[("host", "status.example.com")]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Smart 模型") && page.text.contains("Status of &lt;us&gt; &amp; all"), "{}", page.text);
    let bars = page.text.matches("<i class=").count();
    assert_eq!(bars, 3 * 90);
    for mark in ["<script", "<style", " style=", "onerror", "javascript:"] {
        assert!(!page.text.contains(mark), "{mark}");
    }
    assert!(!page.header("content-security-policy").contains("unsafe"));
    assert_eq!(page.header("cache-control"), "public, max-age=60");
    let json = scene.get("/status.json", &[]).await;
    for text in [&page.text, &json.text] {
        for secret in ["canary", "\"main\"", ">main<", "secret-4o", "channel", "gone", "default"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert_eq!(scene.get("/status.css", &[]).await.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_line_is_up_while_any_of_its_channels_is() {
    let scene = filled().await;
    let json = scene.get("/status.json", &[]).await.json();
    let line = |number: usize, key: &str| json["models"][number][key].clone();
    assert_eq!([line(0, "state"), line(1, "state"), line(2, "state")], [json!("up"), json!("down"), json!("unknown")]);
    assert_eq!(json["state"], "down");
    // Two of four that say anything; the rate limit says nothing.
    assert_eq!(line(0, "uptime_7d"), json!(50.0));
    assert_eq!(line(1, "uptime_90d"), json!(0.0));
    assert_eq!(line(2, "uptime_30d"), Value::Null);
    let days = line(0, "days");
    let days = days.as_array().unwrap();
    assert_eq!(days.len(), 90);
    assert_eq!(
        (&days[89]["uptime"], &days[85]["uptime"], &days[88]["uptime"]),
        (&json!(50.0), &json!(50.0), &Value::Null)
    );
    assert_eq!(days[89]["day"], clock::now().strftime("%Y-%m-%d").to_string());
}

#[tokio::test]
async fn it_is_made_once_a_minute() {
    let scene = filled().await;
    let before = scene.get("/status.json", &[]).await.text;
    seen::round(&scene.app.store, 2, clock::now(), &[("canary/secret-4o", Works, 9)]).await;
    assert_eq!(scene.get("/status.json", &[]).await.text, before);
    clock::advance(std::time::Duration::from_secs(61));
    assert_ne!(scene.get("/status.json", &[]).await.text, before);
}

#[tokio::test]
async fn it_speaks_chinese_to_who_asks_for_it() {
    let scene = filled().await;
    let of = async |language: &str| scene.get("/status", &[("accept-language", language)]).await.text;
    assert!(of("zh-CN,zh;q=0.9,en;q=0.8").await.contains("部分模型不可用"));
    assert!(of("en-US,en;q=0.9,zh;q=0.8").await.contains("Some models are down"));
    assert!(of("de").await.contains("lang=\"en\""));
}

#[tokio::test]
async fn a_badge_says_the_state_or_the_uptime() {
    let scene = filled().await;
    let badge = scene.get("/badge/Smart%20%E6%A8%A1%E5%9E%8B.svg", &[]).await;
    assert_eq!((badge.status.as_u16(), badge.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(badge.header("cross-origin-resource-policy"), "cross-origin");
    assert!(badge.text.starts_with("<svg ") && badge.text.contains(">up</text>"), "{}", badge.text);
    let uptime = scene.get("/badge/second.svg?uptime=30d", &[]).await;
    assert!(uptime.text.contains(">second 30d</text>") && uptime.text.contains(">0%</text>"), "{}", uptime.text);
    for path in ["/badge/none.svg", "/badge/second", "/badge/secret-4o.svg", "/badge/%3Cimg%3E.svg"] {
        let answer = scene.get(path, &[]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text.contains("<img"), "{}", answer.text);
    }
    assert_eq!(scene.get("/badge/second.svg?uptime=1y", &[]).await.status, 400);
}

#[tokio::test]
async fn a_badges_name_is_text() {
    let mut config = shown();
    // The configuration refuses such a name; should one ever come here, it is text.
    config.web.status.models[2].name = "<script>&\"'</script>".to_owned();
    let scene = Scene::new(config).await;
    let badge = scene.get("/badge/%3Cscript%3E&%22'%3C%2Fscript%3E.svg", &[]).await;
    assert_eq!(badge.status, 200);
    assert!(badge.text.contains("&lt;script&gt;&amp;") && !badge.text.contains("<script"), "{}", badge.text);
    let page = scene.get("/status", &[]).await.text;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
}

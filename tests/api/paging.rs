//! Parts of lists, and answers that need not be sent again.

use serde_json::json;

use crate::client::send;
use crate::scene::Scene;

#[tokio::test]
async fn a_reader_follows_the_links_to_the_end_and_sees_every_row_once() {
    let scene = Scene::new().await;
    let all = scene.read("/api/models?sort=name").await;
    let (mut path, mut seen, mut pages) = ("/api/models?sort=name&limit=5".to_owned(), vec![], 0);
    loop {
        let answer = scene.get(&path).await;
        assert_eq!(answer.header("x-total-count"), Some("14"));
        seen.extend(answer.json().as_array().unwrap().clone());
        pages += 1;
        let Some(link) = answer.header("link") else { break };
        path = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!((pages, json!(seen)), (3, all));
    for path in ["/api/rounds", "/api/changes", "/api/channels", "/api/plan", "/api/withdrawn"] {
        let answer = scene.get(&format!("{path}?limit=1")).await;
        let total: usize = answer.header("x-total-count").unwrap().parse().unwrap();
        assert_eq!(
            (answer.json().as_array().unwrap().len(), answer.header("link").is_some()),
            (1, total > 1),
            "{path}"
        );
        let beyond = scene.get(&format!("{path}?limit=1&offset=5000")).await;
        assert_eq!((beyond.json(), beyond.header("link")), (json!([]), None), "{path}");
    }
}

#[tokio::test]
async fn what_is_as_it_was_is_not_sent_again_and_what_is_not_is() {
    let scene = Scene::new().await;
    for path in ["/api/summary", "/api/models", "/api/rounds", "/api/changes", "/api/grid", "/api/openapi.json"] {
        let first = scene.get(path).await;
        assert_eq!(first.header("cache-control"), Some("no-cache"), "{path}");
        let mark = first.header("etag").unwrap();
        for known in [mark.to_owned(), format!("\"other\", {mark}")] {
            let again = send(scene.at, "GET", path, &[("If-None-Match", &known)], "").await;
            assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(mark)), "{path}");
        }
        let other = send(scene.at, "GET", path, &[("If-None-Match", "\"other\"")], "").await;
        assert_eq!((other.status, other.body), (200, first.body.clone()), "{path}");
    }
    let mark = scene.get("/api/rounds").await.header("etag").unwrap().to_owned();
    scene.setup.round().await;
    let after = send(scene.at, "GET", "/api/rounds", &[("If-None-Match", &mark)], "").await;
    assert_eq!(after.status, 200, "a round more");
    assert_ne!(after.header("etag"), Some(mark.as_str()));
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_who_asks_for_that() {
    let scene = Scene::new().await;
    let plain = scene.get("/api/models").await;
    assert_eq!(plain.header("content-encoding"), None);
    let small = send(scene.at, "GET", "/api/models", &[("Accept-Encoding", "gzip")], "").await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert!(small.body.len() < plain.body.len() / 2, "{} of {}", small.body.len(), plain.body.len());
    assert_eq!(small.header("etag"), plain.header("etag"), "the content is the same");
}

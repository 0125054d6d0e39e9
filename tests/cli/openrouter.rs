//! `openrouter`: with and without a configuration, a key, an answer; and the loop without any gateway.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::openrouter_api::{KEY, OpenRouter, World, everything};
use crate::run::Loop;
use crate::scene::{Ran, assert_told, run_in, run_with};

/// A folder without a configuration.
fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A folder with one that watches this API, and looks after no gateway.
fn watching(api: &OpenRouter, budget: &Value) -> TempDir {
    let folder = folder();
    let openrouter = json!({ "watch": true, "base_url": api.base_url(), "key": KEY });
    let config = json!({ "openrouter": openrouter, "probe": { "requests_per_second": 0 }, "budget": budget });
    std::fs::write(folder.path().join("config.json5"), config.to_string()).unwrap();
    folder
}

async fn ran_to(code: i32, folder: &TempDir, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let ran = run_with(folder.path(), args, variables).await;
    assert_eq!(ran.code, code, "{args:?}: {ran}");
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn it_needs_no_configuration_and_no_key() {
    let (api, folder) = (OpenRouter::start(everything()).await, folder());
    let base = api.base_url();
    let variables = [("OPENROUTER_BASE_URL", base.as_str()), ("OPENROUTER_API_KEY", "")];
    assert_told("openrouter", ran_to(0, &folder, &["openrouter"], &variables).await);
    assert_told("openrouter_list_alone", ran_to(0, &folder, &["openrouter", "--no-endpoints"], &variables).await);
    assert_told("openrouter_probe_without_key", ran_to(1, &folder, &["openrouter", "--probe"], &variables).await);
    assert_told("openrouter_nothing_stored", ran_to(1, &folder, &["openrouter", "--stored"], &variables).await);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it leaves nothing behind");
    assert_eq!(api.world().malformed, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_other_tools_are_honoured() {
    let (api, folder) = (OpenRouter::start(everything()).await, folder());
    let base = api.base_url();
    let variables = [
        ("OPENROUTER_BASE_URL", base.as_str()),
        ("OPENROUTER_API_KEY", KEY),
        ("OPENROUTER_HTTP_REFERER", "https://me.test"),
        ("OPENROUTER_X_TITLE", "My gateway"),
    ];
    let probed = ran_to(0, &folder, &["openrouter", "--all", "--probe"], &variables).await;
    assert_told("openrouter_all", probed);
    assert_eq!(api.questions(), ["acme/quiet:free", "acme/shaky:free"]);
    let me = ("https://me.test".to_owned(), "My gateway".to_owned());
    assert!(api.world().named.iter().all(|named| *named == me), "{:?}", api.world().named);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_tells_everything_of_the_free_models() {
    let (api, folder) = (OpenRouter::start(everything()).await, folder());
    let base = api.base_url();
    let variables = [("OPENROUTER_BASE_URL", base.as_str()), ("OPENROUTER_API_KEY", KEY)];
    let read = async |args: &[&str]| {
        let ran = ran_to(0, &folder, args, &variables).await;
        assert_eq!(ran.err, "");
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let told = read(&["openrouter", "--json"]).await;
    assert_eq!(told["totals"], json!({ "healthy": 1, "doubtful": 2, "down": 2, "unknown": 0 }));
    assert_eq!((&told["free_requests_a_day"], &told["for_probes_a_day"]), (&json!(50), &json!(10)));
    assert_eq!((&told["stale"], &told["notes"], &told["news"]), (&Value::Null, &json!([]), &Value::Null));
    let models = told["models"].as_array().unwrap();
    assert_eq!(models.len(), 5);
    let eye = models.iter().find(|model| model["id"] == "acme/eye-1:free").unwrap();
    for (field, want) in [
        ("free", json!("suffix")),
        ("context", json!(131_072)),
        ("max_answer", json!(8192)),
        ("takes", json!(["text", "image"])),
        ("gives", json!(["text"])),
        ("sees", json!(true)),
        ("reasons", json!(true)),
        ("ends", json!("2099-12-31")),
        ("usable", json!(true)),
        ("light", json!("healthy")),
    ] {
        assert_eq!(eye[field], want, "{field}");
    }
    assert_eq!(eye["health"]["ttft_p50_ms"], 412.0);
    let all = read(&["openrouter", "--json", "--all", "--no-endpoints"]).await;
    assert_eq!(all["models"].as_array().unwrap().len(), 9, "all but what costs something");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_configuration_the_last_good_list_is_kept_and_shown() {
    let api = OpenRouter::start(everything()).await;
    let folder = watching(&api, &json!({}));
    assert_told("openrouter_nothing_kept_yet", ran_to(1, &folder, &["openrouter", "--stored"], &[]).await);
    ran_to(0, &folder, &["openrouter"], &[]).await;
    api.world().models.retain(|model| model["id"] != "acme/ended:free");
    api.world().models.push(crate::openrouter_api::model("acme/fresh:free", "0"));
    assert_told("openrouter_news", ran_to(0, &folder, &["openrouter"], &[]).await);
    api.world().models.truncate(2);
    let shrunk = ran_to(1, &folder, &["openrouter", "--no-endpoints"], &[]).await;
    assert!(shrunk.out.contains("a day old") && shrunk.out.contains("acme/shaky:free"), "{shrunk}");
    api.world().list = Some((503, "maintenance".to_owned()));
    assert_told("openrouter_stale", ran_to(1, &folder, &["openrouter"], &[]).await);
    drop(api);
    assert_told("openrouter_stored", ran_to(0, &folder, &["openrouter", "--stored"], &[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_an_error() {
    let api = OpenRouter::start(World { list: Some((500, "oops".to_owned())), ..everything() }).await;
    let (folder, base) = (folder(), api.base_url());
    let variables = [("OPENROUTER_BASE_URL", base.as_str())];
    assert_told("openrouter_unread", ran_to(1, &folder, &["openrouter"], &variables).await);
    let nowhere = [("OPENROUTER_BASE_URL", "openrouter.ai/api/v1")];
    assert_told("openrouter_bad_base", ran_to(1, &folder, &["openrouter"], &nowhere).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_watches_without_any_gateway() {
    let api = OpenRouter::start(everything()).await;
    // Ten free requests a day come one at a time: just after midnight the second would wait for hours.
    let folder = watching(&api, &json!({ "free_requests": 100_000_000, "free_share": 1 }));
    let check = run_in(folder.path(), &["config", "check"]).await;
    assert!(check.out.contains("OpenRouter's free models every 1h"), "{check}");
    let mut looping = Loop::start_in(folder.path());
    let first = looping.until("first look").await;
    assert!(first.contains("free=5 healthy=3"), "{first}");
    assert_eq!(api.questions(), ["acme/quiet:free", "acme/shaky:free"]);
    api.world().models.retain(|model| model["id"] != "acme/quiet:free");
    // The next look is an hour away; a reload is one at once.
    looping.signal("HUP");
    looping.until("ended: acme/quiet:free").await;
    assert_eq!(looping.stop().await, Some(0));
    assert_eq!(api.questions().len(), 2, "asked again within hours");
    let stored = run_in(folder.path(), &["openrouter", "--stored"]).await;
    assert!(stored.code == 0 && stored.out.contains("4 free models"), "{stored}");
}

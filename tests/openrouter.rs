//! OpenRouter as a source of free models, over a real socket: what is read, what is kept, what is asked.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/openrouter.rs"]
mod fake;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use channelwarden::config::{Config, SecretRef};
use channelwarden::model::Outcome;
use channelwarden::openrouter::{self, Free, Light, Look, Looked, OpenRouter, Unwatched};
use channelwarden::probe::Prober;
use channelwarden::store::Store;
use fake::{KEY, OpenRouter as Fake, World, everything, model};
use serde_json::json;

struct Scene {
    fake: Fake,
    config: Config,
    prober: Arc<Prober>,
    store: Store,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new(world: World) -> Self {
        let fake = Fake::start(world).await;
        let mut config = Config::default();
        config.openrouter.base_url = Some(fake.base_url());
        config.openrouter.key = Some(SecretRef::literal(KEY));
        config.probe.requests_per_second = 0.0;
        config.probe.timeout = Duration::from_secs(2);
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&path(folder.path())).await.unwrap();
        let prober = Arc::new(Prober::new(&config.probe).unwrap());
        Self { fake, config, prober, store, folder }
    }

    async fn without_key(world: World) -> Self {
        let mut scene = Self::new(world).await;
        // Set, so that no variable of this process counts.
        scene.config.openrouter.key = Some(SecretRef::literal(""));
        scene
    }

    async fn look(&self, look: Look) -> Looked {
        let source = OpenRouter::new(&self.config, &self.prober).unwrap();
        let looked = source.look(Some(&self.store), look, &Unwatched).await.unwrap();
        let told = format!("{looked:?} {source:?}");
        assert!(!told.contains("canary"), "{told}");
        assert_eq!(self.fake.world().malformed, Vec::<String>::new());
        looked
    }
}

fn path(folder: &Path) -> std::path::PathBuf {
    folder.join("store.db")
}

const ENDPOINTS: Look = Look { endpoints: true, probe: false, all: false };
const PROBE: Look = Look { probe: true, ..ENDPOINTS };

/// Each free model that answers in text, with its light.
fn lights(looked: &Looked) -> Vec<(&str, Light)> {
    let now = looked.snapshot.at;
    looked.snapshot.free_text().map(|model| (model.entry.id.as_str(), openrouter::light(model, now).0)).collect()
}

#[tokio::test]
async fn the_whole_catalogue_is_read_page_by_page_and_its_sets_told_apart() {
    let scene = Scene::new(World { page: 4, ..everything() }).await;
    let looked = scene.look(ENDPOINTS).await;
    assert_eq!((looked.stale.as_deref(), looked.notes.as_slice()), (None, &[][..]));
    let set = |wanted| {
        let models = looked.snapshot.models.iter().filter(move |model| model.entry.free == wanted);
        models.map(|model| model.entry.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(set(Free::AllZero), ["cloaked/alpha"]);
    assert_eq!(set(Free::Router), ["openrouter/auto", "openrouter/free"]);
    assert_eq!(set(Free::No), ["acme/paid"]);
    assert_eq!(set(Free::Suffix).len(), 6);
    assert_eq!(
        lights(&looked),
        [
            ("acme/closed:free", Light::Down),
            ("acme/ended:free", Light::Down),
            ("acme/eye-1:free", Light::Healthy),
            ("acme/quiet:free", Light::Doubtful),
            ("acme/shaky:free", Light::Doubtful),
        ]
    );
    assert_eq!(scene.fake.requests("GET models?"), 3, "three pages");
    assert_eq!(scene.fake.questions(), Vec::<String>::new());
    let eye = looked.snapshot.models.iter().find(|model| model.entry.id.as_str() == "acme/eye-1:free").unwrap();
    let health = eye.health.unwrap();
    assert_eq!((health.endpoints, health.good, health.uptime_30m), (2, 1, Some(99.25)));
    assert_eq!((health.ttft_p50_ms, health.tokens_p50), (Some(412.0), Some(61.5)));
}

#[tokio::test]
async fn without_a_key_the_catalogue_and_the_uptimes_are_there_all_the_same() {
    let scene = Scene::without_key(everything()).await;
    let looked = scene.look(PROBE).await;
    assert_eq!((looked.notes.len(), looked.free_quota), (0, None));
    let closed = &lights(&looked)[0];
    assert_eq!(closed, &("acme/closed:free", Light::Healthy), "nobody knows what an account may use");
    let measured: Vec<_> = looked.snapshot.free_text().filter_map(|model| model.health).collect();
    assert!(measured.len() == 5 && measured.iter().all(|health| health.ttft_p50_ms.is_none()));
    assert_eq!(scene.fake.questions(), Vec::<String>::new(), "nothing can be asked without a key");
}

#[tokio::test]
async fn a_bad_key_closes_nothing_that_needs_none() {
    let mut scene = Scene::new(everything()).await;
    scene.config.openrouter.key = Some(SecretRef::literal("sk-or-v1-canary-of-another-account"));
    let looked = scene.look(PROBE).await;
    assert_eq!(looked.snapshot.free_text().count(), 5);
    assert_eq!(looked.free_quota, None);
    assert!(looked.notes.len() == 1 && looked.notes[0].contains("without the key"), "{:?}", looked.notes);
    assert_eq!(scene.fake.questions(), Vec::<String>::new());
}

#[tokio::test]
async fn the_tier_tells_the_free_requests_of_a_day() {
    let mut scene = Scene::new(everything()).await;
    assert_eq!(scene.look(Look::default()).await.free_quota, Some(50));
    scene.fake.world().bought = true;
    assert_eq!(scene.look(Look::default()).await.free_quota, Some(1000));
    scene.config.budget.free_requests = 200;
    assert_eq!(scene.look(Look::default()).await.free_quota, Some(200), "the operator's word");
}

#[tokio::test]
async fn a_bad_list_never_takes_the_last_good_ones_place() {
    let scene = Scene::new(everything()).await;
    let good = scene.look(Look::default()).await.snapshot;
    let half = json!({ "data": [model("acme/paid", "1"), model("acme/eye-1:free", "0")] }).to_string();
    for (status, body, why) in [
        (200, json!({ "data": [] }).to_string(), "empty"),
        (200, half, "shrank from 10 models to 2"),
        (200, "{}".to_owned(), "no list"),
        (200, "<html>maintenance</html>".to_owned(), ""),
        (500, json!({ "error": { "code": 500, "message": "oops" } }).to_string(), "oops"),
        (429, json!({ "error": { "code": 429, "message": "slow down" } }).to_string(), "slow down"),
    ] {
        scene.fake.world().list = Some((status, body.clone()));
        let looked = scene.look(Look::default()).await;
        assert!(looked.stale.as_ref().is_some_and(|told| told.contains(why)), "{body}: {:?}", looked.stale);
        assert_eq!((looked.snapshot.at, looked.news), (good.at, None), "{body}");
        let kept = openrouter::stored(&scene.store).await.unwrap().unwrap();
        assert_eq!((kept.at, kept.models.len()), (good.at, good.models.len()), "{body}");
    }
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let other = Fake::start(everything()).await;
    let link = format!("{}/models?offset=4", other.base_url());
    let scene = Scene::new(World { page: 4, link: Some(link), ..everything() }).await;
    assert_eq!(scene.look(Look::default()).await.snapshot.models.len(), 4);
    assert_eq!(other.requests(""), 0);
}

#[tokio::test]
async fn only_doubtful_models_are_asked_and_not_again_for_hours() {
    let scene = Scene::new(everything()).await;
    let busy = json!({ "error": { "code": 429, "message": "Provider returned error" } });
    scene.fake.world().answers.insert("acme/shaky:free".to_owned(), (429, busy));
    let looked = scene.look(PROBE).await;
    assert_eq!(scene.fake.questions(), ["acme/quiet:free", "acme/shaky:free"]);
    let now = lights(&looked);
    assert_eq!(now[3..], [("acme/quiet:free", Light::Healthy), ("acme/shaky:free", Light::Doubtful)]);
    // What was learnt outlives the process.
    scene.store.clone().close().await;
    let store = Store::open(&path(scene.folder.path())).await.unwrap();
    let again = Scene { store, prober: Arc::new(Prober::new(&scene.config.probe).unwrap()), ..scene };
    assert_eq!(lights(&again.look(PROBE).await), now);
    assert_eq!(again.fake.questions().len(), 2, "asked again within hours");
}

#[tokio::test]
async fn a_key_without_credit_ends_the_questions_and_is_told_once() {
    let world = everything();
    let scene = Scene::new(world).await;
    let broke = json!({ "error": { "code": 402, "message": "Insufficient credits" } });
    for id in ["acme/quiet:free", "acme/shaky:free"] {
        scene.fake.world().answers.insert(id.to_owned(), (402, broke.clone()));
    }
    let looked = scene.look(PROBE).await;
    assert_eq!(scene.fake.questions().len(), 1);
    assert!(looked.notes.len() == 1 && looked.notes[0].contains("key-broke"), "{:?}", looked.notes);
    assert!(looked.snapshot.models.iter().all(|model| model.probe.is_none()), "it says nothing about a model");
}

#[tokio::test]
async fn what_openrouter_says_of_a_model_that_ended_is_its_end() {
    let scene = Scene::new(everything()).await;
    let ended = json!({ "error": { "code": 400, "message": "acme/quiet:free is not a valid model ID" } });
    scene.fake.world().answers.insert("acme/quiet:free".to_owned(), (400, ended));
    let looked = scene.look(PROBE).await;
    let quiet = looked.snapshot.free_text().find(|model| model.entry.id.as_str() == "acme/quiet:free").unwrap();
    assert_eq!(quiet.probe.as_ref().unwrap().outcome, Outcome::Gone);
    assert_eq!(openrouter::light(quiet, looked.snapshot.at).0, Light::Down);
}

#[tokio::test]
async fn a_channel_is_offered_what_is_free_and_open_to_it() {
    let scene = Scene::new(everything()).await;
    let names = async || {
        let offered = openrouter::free_names(&scene.config, &scene.store, &scene.prober).await;
        offered.map(|all| all.into_iter().map(|one| (String::from(one.name), one.ends)).collect::<Vec<_>>())
    };
    let ends = Some(jiff::civil::date(2099, 12, 31));
    let want =
        [("acme/ended:free", None), ("acme/eye-1:free", ends), ("acme/quiet:free", None), ("acme/shaky:free", None)];
    let want: Vec<_> = want.into_iter().map(|(name, ends)| (name.to_owned(), ends)).collect();
    assert_eq!(names().await.unwrap(), want);
    let read = scene.fake.requests("GET");
    assert_eq!(names().await.unwrap(), want);
    assert_eq!(scene.fake.requests("GET"), read, "what is kept is young enough");
}

#[tokio::test]
async fn no_list_is_no_offer() {
    let scene = Scene::new(World { list: Some((500, "oops".to_owned())), ..everything() }).await;
    let error = openrouter::free_names(&scene.config, &scene.store, &scene.prober).await.unwrap_err();
    assert!(error.starts_with("OpenRouter's free models are not known"), "{error}");
    assert_eq!(openrouter::stored(&scene.store).await.unwrap(), None);
}

#[tokio::test]
async fn prices_of_the_catalogue_are_exact() {
    let scene = Scene::new(everything()).await;
    scene.look(Look::default()).await;
    let rates = openrouter::rates(&scene.store).await.unwrap();
    let cost = |id: &str| {
        let name = channelwarden::model::ModelName::parse(id).unwrap();
        rates.rate(channelwarden::model::Kind::Chat, &name).of(1, 1_000_000, 1_000_000).to_string()
    };
    assert_eq!((cost("acme/paid").as_str(), cost("cloaked/alpha").as_str()), ("$0.300", "$0.00"));
    assert_eq!(cost("openrouter/auto"), "$5.00", "a router's price is unknown: the table's guess");
}

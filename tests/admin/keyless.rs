//! Rounds over channels whose keys nobody can read: the gateway is asked to test their models.

use std::sync::Arc;
use std::time::Duration;

use channelwarden::config::{self, Config, GatewayConfig};
use channelwarden::gateway::Gateway;
use channelwarden::model::Outcome;
use channelwarden::probe::Prober;
use channelwarden::round::{Quiet, Report, Round, Scope};
use channelwarden::store::Store;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::admin::{StandIn, Trial};
use crate::bench::{admin, stand_in};
use crate::databases::Engine;
use crate::gateways::{ChannelRow, Schema};

/// Our rounds over a stand-in, by its admin API alone.
struct Rounds {
    stand_in: StandIn,
    config: Config,
    store: Store,
    _folder: tempfile::TempDir,
}

impl Rounds {
    async fn over(stand_in: StandIn, more: &serde_json::Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let api = json!({ "url": stand_in.url(), "token": "t", "test_channels": true });
        let once = json!({ "times": 2, "over": "1ms" });
        let mut whole = json!({
            "gateways": { "main": { "api": api, "mode": "apply" } },
            "store": { "path": folder.path().join("own.db") },
            "verdict": { "denied": once, "denied_listed": once, "restore_first": "1ms", "restore_max": "1ms" },
            "limits": { "last_route": true },
        });
        for (key, value) in more.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let file = folder.path().join("config.json5");
        std::fs::write(&file, whole.to_string()).unwrap();
        let config = config::load(&file).unwrap().config;
        let store = Store::open(&config.store.path).await.unwrap();
        Self { stand_in, config, store, _folder: folder }
    }

    async fn round(&self) -> Report {
        let settings: GatewayConfig = self.config.gateways["main"].clone();
        let admin = admin(&self.stand_in).await.unwrap();
        let prober = Prober::with_accounts(&self.config, &self.store).await.unwrap();
        let round = Round {
            gateway: Gateway::of("main", None, Some(admin), None).unwrap(),
            settings,
            config: self.config.clone(),
            store: self.store.clone(),
            inquiry: prober.inquiry(),
            progress: Arc::new(Quiet),
            stop: CancellationToken::new(),
            desks: Semaphore::new(8),
        };
        let report = Arc::new(round).run(&Scope::default(), true).await.unwrap();
        prober.flush().await.unwrap();
        assert_eq!(report.errors, Vec::<String>::new());
        tokio::time::sleep(Duration::from_millis(3)).await;
        report
    }

    async fn models(&self, id: i64) -> String {
        self.stand_in.db.models(id).await.unwrap()
    }

    fn says(&self, model: &str, trial: Trial) {
        self.stand_in.knobs().trials.insert(model.to_owned(), trial);
    }
}

fn gone() -> Trial {
    Trial::Fails(404, "The model does not exist or you do not have access to it.".to_owned())
}

#[tokio::test]
async fn a_model_that_the_gateways_test_finds_gone_goes_and_comes_back() {
    for schema in [Schema::NewApi, Schema::NewApiOld, Schema::Veloera] {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        let id = stand_in.db.channel(ChannelRow::new("good,dead,fine,well")).await;
        let rounds = Rounds::over(stand_in, &json!({})).await;
        rounds.says("dead", gone());
        let first = rounds.round().await;
        assert_eq!(first.outcomes[&Outcome::Gone], 1, "{schema:?} {first:?}");
        assert_eq!(rounds.models(id).await, "good,dead,fine,well", "once is not enough");
        rounds.round().await;
        assert_eq!(rounds.models(id).await, "good,fine,well", "{schema:?}");
        rounds.says("dead", Trial::Works);
        rounds.round().await;
        assert_eq!(rounds.models(id).await, "good,fine,well,dead", "{schema:?}: tested although off the list");
        assert!(rounds.stand_in.knobs().asked.iter().all(|(channel, _)| *channel == id));
    }
}

#[tokio::test]
async fn what_the_gateway_would_test_wrongly_or_not_at_all_is_not_asked() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = stand_in.db.channel(ChannelRow::new("good,dall-e-3,bge-reranker,dear")).await;
    stand_in.db.channel(ChannelRow { status: Some(3), ..ChannelRow::new("off") }).await;
    stand_in.knobs().unpriced.insert("dear".to_owned());
    let rounds = Rounds::over(stand_in, &json!({})).await;
    for _ in 0..3 {
        let report = rounds.round().await;
        let unprobed: Vec<_> = report.unprobed.iter().map(|one| one.model.as_str()).collect();
        assert!(["dall-e-3", "bge-reranker", "dear"].iter().all(|name| unprobed.contains(name)), "{report:?}");
        assert!(report.unprobed.iter().any(|one| one.why.contains("no price")), "{:?}", report.unprobed);
        assert_eq!((report.probed, report.down_count), (1, 0));
    }
    assert_eq!(rounds.models(id).await, "good,dall-e-3,bge-reranker,dear");
    let asked: Vec<_> = rounds.stand_in.knobs().asked.iter().map(|(_, model)| model.clone()).collect();
    assert_eq!(asked, ["good", "good", "good"]);
}

#[tokio::test]
async fn one_api_is_asked_for_what_is_on_the_list_and_nothing_is_taken_off() {
    let stand_in = stand_in(Engine::Sqlite, Schema::OneApi).await;
    let id = stand_in.db.channel(ChannelRow::new("good,dead,fine,text-embedding-3-small")).await;
    let more = json!({ "gateways": { "main": {
        "api": { "url": stand_in.url(), "token": "t", "test_channels": true }, "mode": "apply",
        "models": { "sources": ["list"], "list": ["new"] },
    } } });
    let rounds = Rounds::over(stand_in, &more).await;
    rounds.says("dead", gone());
    for _ in 0..3 {
        rounds.round().await;
    }
    assert_eq!(rounds.models(id).await, "good,dead,fine,text-embedding-3-small", "it could not come back by itself");
    let knobs = rounds.stand_in.knobs();
    let mut asked: Vec<_> = knobs.asked.iter().map(|(_, model)| model.as_str()).collect();
    asked.sort_unstable();
    assert_eq!(asked, ["dead", "dead", "dead", "fine", "fine", "fine", "good", "good", "good"]);
    let tests: Vec<_> = knobs.calls.iter().filter(|call| call.path.starts_with("/api/channel/test/")).collect();
    assert!(
        tests.iter().all(|call| !call.path.contains("=new")),
        "a name from elsewhere would become the first: {tests:?}"
    );
}

#[tokio::test]
async fn a_hubs_key_is_told_so_its_own_test_is_never_asked() {
    for schema in [Schema::OneHub, Schema::DoneHub] {
        let stand_in = stand_in(Engine::Sqlite, schema).await;
        stand_in.db.channel(ChannelRow::hub("a,b")).await;
        stand_in.db.channel(ChannelRow { key: String::new(), ..ChannelRow::hub("c") }).await;
        let rounds = Rounds::over(stand_in, &json!({})).await;
        rounds.round().await;
        assert_eq!(rounds.stand_in.count("GET /api/channel/test"), 0, "{schema:?}");
    }
}

#[tokio::test]
async fn without_the_operators_word_nothing_is_tested_and_he_is_told_what_to_do() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    stand_in.db.channel(ChannelRow::new("a,b")).await;
    let more = json!({ "gateways": { "main": { "api": { "url": stand_in.url(), "token": "t" }, "mode": "apply" } } });
    let rounds = Rounds::over(stand_in, &more).await;
    let report = rounds.round().await;
    assert!(report.skipped[0].why.contains("its key cannot be read: give `database`, or set api.test_channels"));
    assert_eq!(rounds.stand_in.count("GET /api/channel/test"), 0);
}

#[tokio::test]
async fn tests_take_from_the_days_budget() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    stand_in.db.channel(ChannelRow::new("a,b,c,d,e,f")).await;
    let rounds = Rounds::over(stand_in, &json!({ "budget": { "requests": 4 } })).await;
    let report = rounds.round().await;
    let asked = rounds.stand_in.knobs().asked.len();
    // How many of them may go by now depends on the hour.
    assert!((1..=4).contains(&asked) && report.probed == asked, "{report:?}");
    let words = format!("{} models not sent: budget.requests lets no more through", 6 - asked);
    assert!(report.notes.iter().any(|note| note.contains(&words)), "{:?}", report.notes);
    for _ in 0..3 {
        rounds.round().await;
    }
    assert!(rounds.stand_in.knobs().asked.len() <= 4, "another round, and another process, give nothing back");
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_is_nobodys_fault_and_is_not_asked_on() {
    let stand_in = stand_in(Engine::Sqlite, Schema::NewApi).await;
    let id = stand_in.db.channel(ChannelRow::new("a,b,c,d")).await;
    let rounds = Rounds::over(stand_in, &json!({})).await;
    rounds.round().await;
    let before = rounds.stand_in.knobs().calls.iter().position(|call| call.path.contains("/test/")).unwrap();
    for _ in 0..3 {
        rounds.stand_in.knobs().calls.clear();
        rounds.stand_in.knobs().answers_left = Some(before + 1);
        let report = rounds.round().await;
        assert_eq!(rounds.stand_in.count("GET /api/channel/test"), 2, "one answered, one did not, none after it");
        assert_eq!((report.probed, report.withdrawn(), report.doubtful_count), (1, 0, 0), "{report:?}");
        assert!(
            report.notes.iter().any(|note| note.contains("3 models not asked: the admin API")),
            "{:?}",
            report.notes
        );
    }
    assert_eq!(rounds.models(id).await, "a,b,c,d");
}

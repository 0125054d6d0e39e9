//! The whole loop: what the gateway's users meet decides when a model is asked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use channelwarden::model::{ChannelRef, ModelName};
use channelwarden::simulate::Behaviour;
use channelwarden::{clock, daemon};
use serde_json::json;

use crate::databases::Engine;
use crate::gateways::records::LogRow;
use crate::gateways::{ChannelRow, Schema};
use crate::world::Setup;

const MODELS: i64 = 20;
/// The policy's confirmation time.
const CONFIRM: Duration = Duration::from_secs(2);
/// Far less than the hour from one round to the next.
const SOON: Duration = Duration::from_mins(1);

fn name(number: i64) -> String {
    format!("model-{number:02}")
}

/// A New API with its log, one channel of [`MODELS`] models that all work, rounds an hour apart, and its loop running.
async fn running() -> (Setup, i64) {
    let config = json!({
        "gateways": { "main": { "logs": { "every": "1s" } } },
        "probe": { "every": "1h", "jitter": 0.0 },
        "verdict": { "denied": { "times": 2, "over": "2s" }, "denied_listed": { "times": 2, "over": "2s" } },
        "limits": { "last_route": true },
    });
    let mut setup = Setup::new(Engine::Sqlite, Schema::NewApi, &config).await;
    setup.db.make_records(Schema::NewApi).await;
    let models: BTreeMap<_, _> = (0..MODELS).map(|number| (name(number), "works".to_owned())).collect();
    setup.upstream("u", &[], &models, None).await;
    let base_url = Some(setup.upstreams["u"].base_url());
    let list: Vec<_> = models.into_keys().collect();
    setup.channel("u", ChannelRow { base_url, ..ChannelRow::new(&list.join(",")) }).await;
    let id = setup.channels["u"];
    tokio::spawn(daemon::run(setup.config.clone(), setup.config_file()));
    until("the first round is over", async || {
        setup.store.rounds("main", 1).await.unwrap().iter().any(|round| round.ended.is_some())
    })
    .await;
    (setup, id)
}

/// Waits, but not for long.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < SOON, "{what}: not within {SOON:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn request(channel: i64, model: i64) -> LogRow {
    LogRow::at(clock::now().as_second(), channel, &name(model))
}

#[tokio::test]
async fn a_model_that_starts_failing_under_traffic_is_off_the_list_seconds_after_its_confirmation() {
    let (setup, id) = running().await;
    let upstream = &setup.upstreams["u"];
    let channel = ChannelRef { id, created: 1_700_000_000, name: String::new() };
    let known = async |model: i64| {
        let traffic = setup.store.traffic("main", &channel).await.unwrap();
        traffic.get(&ModelName::parse(&name(model)).unwrap()).cloned()
    };
    setup.db.logged(&[request(id, 3), request(id, 4)]).await;
    until("its successes are known", async || known(4).await.is_some()).await;
    let before = upstream.total();

    upstream.set(&name(3), Behaviour::Gone);
    // The log knows seconds only: the failure is in a later one than the success.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let failed = Instant::now();
    setup.db.logged(&[request(id, 3).error(404, "model_not_found"), request(id, 4).error(400, "")]).await;
    let off = async || !setup.db.models(id).await.unwrap().contains(&name(3));
    until("what fails is asked, confirmed and off the list", off).await;
    let took = failed.elapsed();
    println!(
        "off the list {took:.1?} after its first failure; confirmation takes {CONFIRM:?}, a round comes every hour"
    );
    assert!(took >= CONFIRM, "never on one failure");
    let asked = upstream.total() - before;
    println!("{asked} requests for it, siblings, lists and a name that nobody has among them; it has {MODELS} models");
    assert!(asked < MODELS.unsigned_abs(), "not everything is asked again: {asked}");
    let traffic = known(3).await.unwrap();
    assert_eq!(traffic.failed.as_ref().unwrap().status, Some(404));
    assert!(traffic.vouches(Duration::from_hours(1), clock::now()).is_none());
    assert!(known(4).await.unwrap().fails().is_none(), "a user's own mistake is none of the model's");
}

#[tokio::test]
async fn a_user_whose_requests_fail_beside_a_working_model_costs_one_question() {
    let (setup, id) = running().await;
    let upstream = &setup.upstreams["u"];
    let before = upstream.asked(&name(5));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let fail = async || setup.db.logged(&[request(id, 5).error(500, "bad_response_body")]).await;
    fail().await;
    until("it is asked", async || upstream.asked(&name(5)) > before).await;
    // Again and again, but it was asked this minute.
    for _ in 0..4 {
        fail().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(upstream.asked(&name(5)), before + 1);
    assert!(setup.db.models(id).await.unwrap().contains(&name(5)));
}

//! Keys that do not work: known over rounds and restarts, and tried again by one question after their rest.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use channelwarden::clock;
use channelwarden::config::{Config, ProbeConfig};
use channelwarden::model::{Evidence, ModelName, Observation, Outcome};
use channelwarden::probe::{Ask, Inquiry, Prober};
use channelwarden::simulate::{Behaviour, Simulated};
use channelwarden::store::Store;
use channelwarden::upstream::{Listing, Target};
use futures::future::join_all;

use super::{CANARY, config, name, target, target_with, world};

pub(crate) async fn remembering(config: &Config, path: &Path) -> Arc<Prober> {
    let store = Store::open(path).await.unwrap();
    Prober::with_accounts(config, &store).await.unwrap()
}

async fn ask_all(inquiry: &Inquiry, target: &Target, names: &[ModelName]) -> Vec<Observation> {
    join_all(names.iter().map(|name| inquiry.ask(target, Ask::chat(name)))).await
}

fn no_key_in(path: &Path) {
    for end in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{end}", path.display())).unwrap_or_default();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    }
}

#[tokio::test]
async fn a_key_without_credit_is_asked_once_an_hour_whatever_restarts_and_comes_back_whole() {
    const MODELS: usize = 60;
    const ROUND: Duration = Duration::from_mins(10);
    let names: Vec<_> = (0..MODELS).map(|n| format!("m-{n:02}")).collect();
    let models: Vec<_> = names.iter().map(|name| (name.as_str(), Behaviour::NoCredit)).collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let config = Config { probe: config(), ..Config::default() };
    let target = target(&upstream.base_url());
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();

    let mut prober = remembering(&config, &path).await;
    let (mut sent, mut hours) = (vec![], vec![]);
    let start = clock::now();
    for round in 0..24 * 6 {
        if round % 40 == 39 {
            prober = remembering(&config, &path).await;
        }
        let inquiry = prober.inquiry();
        let before = upstream.total();
        let seen = ask_all(&inquiry, &target, &names).await;
        let asked = upstream.total() - before;
        assert!(seen.iter().all(|seen| seen.outcome == Outcome::KeyBroke), "{seen:?}");
        assert!(seen.iter().all(|seen| seen.outcome.evidence() == Evidence::Nothing));
        let unsent =
            seen.iter().filter(|seen| seen.detail.starts_with("not sent: this key is key-broke since")).count();
        assert_eq!(unsent as u64, MODELS as u64 - asked);
        // One message about the key, in the upstream's words.
        let states = inquiry.key_states(std::slice::from_ref(&target));
        let [state] = &states[..] else { panic!("{states:?}") };
        assert_eq!((state.place, state.outcome), (0, Outcome::KeyBroke));
        assert!(state.detail.contains("insufficient_quota") && state.since < state.until, "{state:?}");
        assert!(state.since.duration_since(start) < jiff::SignedDuration::from_mins(1), "{state:?}");
        // Nor is its list.
        assert!(matches!(inquiry.list(&target).await, Listing::Failed { outcome: Outcome::KeyBroke, .. }));
        assert_eq!(upstream.total(), before + asked);
        if asked > 0 {
            sent.push(asked);
            hours.push(round);
        }
        clock::advance(ROUND);
    }
    let bound = ProbeConfig::default().per_key as u64 + 2;
    assert!((2..=bound).contains(&sent[0]), "{sent:?}");
    assert!(sent[1..].iter().all(|asked| *asked == 1), "{sent:?}");
    assert!(hours.windows(2).all(|two| two[1] - two[0] >= 6) && hours.len() >= 20, "{hours:?}");

    upstream.change(|world| world.models.values_mut().for_each(|behaviour| *behaviour = Behaviour::Works));
    clock::advance(Duration::from_hours(1));
    let inquiry = remembering(&config, &path).await.inquiry();
    let before = upstream.total();
    let seen = ask_all(&inquiry, &target, &names).await;
    assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works), "{seen:?}");
    assert_eq!(upstream.total() - before, MODELS as u64);
    assert_eq!(inquiry.key_states(std::slice::from_ref(&target)), []);
    let prober = remembering(&config, &path).await;
    assert!(matches!(prober.inquiry().list(&target).await, Listing::Offered(_)));
    no_key_in(&path);
}

#[tokio::test]
async fn a_bad_key_rests_and_another_key_of_the_host_does_not() {
    let upstream = Simulated::start(world(&[("a", Behaviour::Works), ("b", Behaviour::Works)])).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let config = Config { probe: config(), ..Config::default() };
    let (good, bad) = (target(&upstream.base_url()), target_with(&upstream.base_url(), "sk-wrong"));
    let names = [name("a"), name("b")];
    let prober = remembering(&config, &path).await;
    let inquiry = prober.inquiry();
    // The list refuses the key as well: one model more is enough.
    assert!(matches!(inquiry.list(&bad).await, Listing::Failed { outcome: Outcome::KeyBad, .. }));
    assert_eq!(inquiry.ask(&bad, Ask::chat(&names[0])).await.outcome, Outcome::KeyBad);
    let before = upstream.total();
    for inquiry in [inquiry, prober.inquiry(), remembering(&config, &path).await.inquiry()] {
        let seen = inquiry.ask(&bad, Ask::chat(&names[1])).await;
        assert!(seen.outcome == Outcome::KeyBad && seen.detail.starts_with("not sent"), "{seen:?}");
        let states = inquiry.key_states(&[good.clone(), bad.clone()]);
        assert_eq!(states.iter().map(|state| state.place).collect::<Vec<_>>(), [1]);
        assert!(!format!("{states:?}").contains("sk-wrong"), "{states:?}");
    }
    assert_eq!(upstream.total(), before);
    let seen = ask_all(&prober.inquiry(), &good, &names).await;
    assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works), "{seen:?}");
}

//! What a person asks for over HTTP, done by the loop's own desk: through the same guards, journal and swap as ever.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/databases.rs"]
mod databases;
#[path = "support/gateways.rs"]
mod gateways;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;

use channelwarden::clock;
use channelwarden::daemon::{Desk, Scans};
use channelwarden::notify::picture::proposals::mark;
use channelwarden::serve::{Act, ActError, Acts, Done, Ended, Live};
use channelwarden::store::HoldScope;
use databases::Engine;
use gateways::{ChannelRow, Schema};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use world::Setup;

/// Two channels: `one` lost three of five models, which is more than one round may take off it.
async fn world(mode: &str) -> (Setup, Acts, Desk) {
    let config = json!({ "gateways": { "main": { "mode": mode } } });
    let mut setup = Setup::new(Engine::Sqlite, Schema::OneApi, &config).await;
    let models = |words: &[(&str, &str)]| -> BTreeMap<String, String> {
        words.iter().map(|(name, how)| ((*name).to_owned(), (*how).to_owned())).collect()
    };
    let one = [("a", "works"), ("b", "works"), ("c", "gone"), ("d", "gone"), ("e", "gone")];
    setup.upstream("one", &[], &models(&one), Some("a,b")).await;
    setup.upstream("two", &[], &models(&[("c", "works"), ("d", "works"), ("e", "works")]), Some("empty")).await;
    for (name, list) in [("one", "a,b,c,d,e"), ("two", "c,d,e")] {
        let base_url = Some(setup.upstreams[name].base_url());
        setup.channel(name, ChannelRow { base_url, ..ChannelRow::new(list) }).await;
    }
    for _ in 0..2 {
        setup.round().await;
    }
    let (acts, orders) = Acts::new();
    let desk = Desk {
        config: setup.config.clone(),
        store: setup.store.clone(),
        prober: setup.prober.clone(),
        live: Live::default(),
        scans: Scans::of(setup.config.gateways.keys()),
        stop: CancellationToken::new(),
        retire: CancellationToken::new(),
    };
    tokio::spawn(desk.clone().attend(orders));
    (setup, acts, desk)
}

fn apply(setup: &Setup, held: bool) -> Act {
    Act::Apply { gateway: "main".to_owned(), channel: Some(setup.channels["one"]), held, mark: None }
}

fn outcomes(done: &Done) -> Vec<Ended> {
    done.channels.iter().map(|line| line.outcome).collect()
}

#[tokio::test]
async fn what_a_limit_holds_is_written_when_a_person_approves_it_and_taken_back_when_they_undo_it() {
    let (setup, acts, desk) = world("apply").await;
    let before = setup.db.dump().await;
    let mut news = desk.live.listen();
    let done = acts.ask(apply(&setup, false)).await.unwrap();
    assert_eq!(outcomes(&done), [Ended::Held], "{done:?}");
    assert!(done.channels[0].why.contains("channel-limit"), "{done:?}");
    assert_eq!(setup.db.dump().await, before);
    let done = acts.ask(apply(&setup, true)).await.unwrap();
    assert_eq!(outcomes(&done), [Ended::Applied], "{done:?}");
    assert_eq!(setup.lists().await["one"], "a,b");
    assert!(news.try_recv().is_ok(), "who looks is told");
    let gone = acts.ask(apply(&setup, true)).await.unwrap_err();
    assert!(matches!(gone, ActError::NotFound(_)), "{gone:?}");
    let change = done.channels[0].change.unwrap();
    let undone = acts.ask(Act::Undo { change }).await.unwrap();
    assert_eq!(outcomes(&undone), [Ended::Applied], "{undone:?}");
    assert_eq!(setup.db.dump().await, before, "byte for byte");
    let again = acts.ask(Act::Undo { change }).await.unwrap();
    assert_eq!(outcomes(&again), [Ended::Conflict], "{again:?}");
    let missing = acts.ask(Act::Undo { change: 4711 }).await.unwrap_err();
    assert!(matches!(missing, ActError::NotFound(_)), "{missing:?}");
}

#[tokio::test]
async fn what_is_rejected_is_not_wanted_again() {
    let (setup, acts, _) = world("apply").await;
    let channel = setup.channels["one"];
    let reject = Act::Reject { gateway: "main".to_owned(), channel, mark: None };
    assert_eq!(outcomes(&acts.ask(reject.clone()).await.unwrap()), [Ended::Rejected]);
    for _ in 0..2 {
        let report = setup.round().await;
        assert_eq!((report.held.len(), report.changes.len()), (0, 0), "{report:#?}");
    }
    assert_eq!(setup.lists().await["one"], "a,b,c,d,e");
    assert!(matches!(acts.ask(reject).await.unwrap_err(), ActError::NotFound(_)));
    let on_hold = setup.store.holds().await.unwrap();
    let models: Vec<_> = on_hold.iter().filter_map(|hold| hold.scope.model.as_deref()).collect();
    assert_eq!(models, ["c", "d", "e"]);
}

#[tokio::test]
async fn where_we_only_observe_and_while_a_hold_stands_nobody_writes() {
    let (setup, acts, _) = world("observe").await;
    let before = setup.db.dump().await;
    let done = acts.ask(apply(&setup, true)).await.unwrap();
    assert_eq!(outcomes(&done), [Ended::Refused], "{done:?}");
    assert!(done.channels[0].why.contains("mode is observe"), "{done:?}");
    let (setup_of_another, acts_of_another, _) = world("propose").await;
    let everything = Act::Hold { gateway: None, channel: None, model: None, reason: "a person says stop".to_owned() };
    acts_of_another.ask(everything).await.unwrap();
    let done = acts_of_another.ask(apply(&setup_of_another, true)).await.unwrap();
    assert_eq!(outcomes(&done), [Ended::OnHold], "{done:?}");
    assert!(done.channels[0].why.contains("a person says stop"), "{done:?}");
    let release = Act::Release { gateway: None, channel: None, model: None };
    acts_of_another.ask(release.clone()).await.unwrap();
    assert!(matches!(acts_of_another.ask(release).await.unwrap_err(), ActError::NotFound(_)));
    assert_eq!(outcomes(&acts_of_another.ask(apply(&setup_of_another, true)).await.unwrap()), [Ended::Applied]);
    assert_eq!(setup.db.dump().await, before);
}

#[tokio::test]
async fn one_round_is_asked_for_at_a_time_and_nothing_of_a_gateway_that_is_not_there() {
    let (setup, acts, desk) = world("apply").await;
    let scan = |gateway: Option<&str>| Act::Scan { gateway: gateway.map(str::to_owned) };
    acts.ask(scan(None)).await.unwrap();
    assert!(matches!(acts.ask(scan(Some("main"))).await.unwrap_err(), ActError::Busy(_)), "one is waited for");
    desk.scans.asked("main").await;
    let under_way = desk.live.began("main", true, clock::now());
    assert!(matches!(acts.ask(scan(None)).await.unwrap_err(), ActError::Busy(_)), "one is running");
    drop(under_way);
    acts.ask(scan(None)).await.unwrap();
    for act in [
        scan(Some("nobody")),
        Act::Apply { gateway: "nobody".to_owned(), channel: None, held: true, mark: None },
        Act::Reject { gateway: "nobody".to_owned(), channel: 1, mark: None },
        Act::Hold { gateway: Some("nobody".to_owned()), channel: None, model: None, reason: String::new() },
    ] {
        assert!(matches!(acts.ask(act.clone()).await.unwrap_err(), ActError::NotFound(_)), "{act:?}");
    }
    let nowhere = Act::Hold { gateway: None, channel: Some(1), model: None, reason: "x".to_owned() };
    assert!(matches!(acts.ask(nowhere).await.unwrap_err(), ActError::Refused(_)));
    assert_eq!(setup.store.holds().await.unwrap().len(), 0);
    desk.retire.cancel();
    tokio::task::yield_now().await;
    let late = acts.ask(scan(None)).await.unwrap_err();
    assert!(matches!(late, ActError::Failed(_)), "{late:?}");
    assert_eq!(setup.store.release(&HoldScope::default()).await.unwrap(), 0);
}

#[tokio::test]
async fn what_was_approved_is_what_was_shown_and_nothing_decided_since() {
    let (setup, acts, _) = world("apply").await;
    let before = setup.db.dump().await;
    let shown = |mark: &str| Act::Apply {
        gateway: "main".to_owned(),
        channel: Some(setup.channels["one"]),
        held: true,
        mark: Some(mark.to_owned()),
    };
    let refused = acts.ask(shown("0123456789abcdef")).await.unwrap_err();
    assert!(matches!(refused, ActError::NotFound(_)), "{refused:?}");
    assert_eq!(setup.db.dump().await, before);
    let mark_of_another = Some("0123456789abcdef".to_owned());
    let reject = Act::Reject { gateway: "main".to_owned(), channel: setup.channels["one"], mark: mark_of_another };
    assert!(matches!(acts.ask(reject).await.unwrap_err(), ActError::NotFound(_)));
    let proposals = setup.store.proposals("main").await.unwrap();
    let mark = mark("main", &proposals[0]);
    assert_eq!(outcomes(&acts.ask(shown(&mark)).await.unwrap()), [Ended::Applied]);
}

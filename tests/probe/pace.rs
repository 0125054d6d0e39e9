//! When upstreams are asked, and when no more: bounds, rates, waits, bad keys and silence.

use std::time::{Duration, Instant};

use channelwarden::config::ProbeConfig;
use channelwarden::model::{Channel, Evidence, Outcome, Secret};
use channelwarden::probe::{Ask, Inquiry};
use channelwarden::simulate::{Behaviour, Simulated, World};
use channelwarden::upstream::{Listing, Target};

use super::{CANARY, access, assert_no_canary, channel, config, inquiry, name, prober, target, target_with, world};

#[tokio::test]
async fn a_wrong_key_stops_after_two_models_and_is_shown_nowhere() {
    let upstream = Simulated::start(world(&[("a", Behaviour::Works)])).await.unwrap();
    upstream.change(|world| world.keys = vec!["another".to_owned()]);
    let prober = prober(&config());
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let mut seen = Vec::new();
    for model in ["a", "b", "c", "d"] {
        seen.push(inquiry.ask(&target, Ask::chat(&name(model))).await);
    }
    assert!(seen.iter().all(|seen| seen.outcome == Outcome::KeyBad), "{seen:?}");
    assert_eq!(upstream.total(), 2);
    assert!(seen[3].detail.starts_with("not sent"), "{:?}", seen[3]);
    assert_no_canary(&(&seen, &target, &inquiry));
    assert!(matches!(inquiry.list(&target).await, Listing::Failed { outcome: Outcome::KeyBad, .. }));
    // Another round knows nothing of it, and leaves this one what it learnt.
    let next = prober.inquiry();
    let list = next.list(&target).await;
    assert!(matches!(&list, Listing::Failed { outcome: Outcome::KeyBad, why } if why.contains("Incorrect API key")));
    assert_no_canary(&list);
    upstream.change(|world| world.keys = vec![CANARY.to_owned()]);
    assert_eq!(next.ask(&target, Ask::chat(&name("a"))).await.outcome, Outcome::Works);
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("a"))).await.outcome, Outcome::KeyBad);
}

#[tokio::test]
async fn a_silent_upstream_is_left_alone_for_the_round() {
    const PER_KEY: usize = 4;
    let names: Vec<_> = (0..40).map(|n| format!("m-{n}")).collect();
    let models: Vec<_> = names.iter().map(|name| (name.as_str(), Behaviour::Hangs)).collect();
    let upstream = Simulated::start(World { keys: vec![], ..world(&models) }).await.unwrap();
    let prober = prober(&ProbeConfig { per_key: PER_KEY, ..config() });
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();
    let seen = futures::future::join_all(names.iter().map(|name| inquiry.ask(&target, Ask::chat(name)))).await;
    // Five without an answer, and those that were under way by then.
    let (late, unsent): (Vec<_>, Vec<_>) = seen.iter().partition(|seen| seen.outcome == Outcome::TimedOut);
    assert!((5..5 + PER_KEY).contains(&late.len()), "{seen:?}");
    assert_eq!(upstream.total(), late.len() as u64);
    for seen in unsent {
        assert_eq!((seen.outcome.evidence(), seen.status, seen.retry_after), (Evidence::Nothing, None, None));
        assert_eq!(seen.detail, "not sent: the last 5 models got no answer");
    }
    assert!(matches!(inquiry.list(&target).await, Listing::Failed { outcome: Outcome::Unreachable, .. }));
    // Another key may be served, and the next round asks anew; this one has made up its mind.
    upstream.change(|world| world.models.values_mut().for_each(|behaviour| *behaviour = Behaviour::Works));
    let other = target_with(&upstream.base_url(), "second");
    assert_eq!(inquiry.ask(&other, Ask::chat(&names[0])).await.outcome, Outcome::Works);
    assert_eq!(prober.inquiry().ask(&target, Ask::chat(&names[0])).await.outcome, Outcome::Works);
    assert_eq!(inquiry.ask(&target, Ask::chat(&names[0])).await.outcome, Outcome::Unreachable);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_left_alone_for_the_round() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (inquiry, target) = (inquiry(), target(&format!("http://127.0.0.1:{port}")));
    for n in 0..12 {
        let seen = inquiry.ask(&target, Ask::chat(&name(&format!("m-{n}")))).await;
        assert_eq!((seen.outcome, seen.detail.starts_with("not sent")), (Outcome::Unreachable, n >= 5), "{seen:?}");
    }
    assert_eq!(inquiry.prober().sent(), 5);
}

#[tokio::test]
async fn models_that_hang_among_answering_siblings_are_late_every_time() {
    const HANGING: usize = 6;
    let names: Vec<_> = (0..40).map(|n| format!("m-{n:02}")).collect();
    let models: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let slow = Behaviour::Slow(Duration::from_millis(100));
            (name.as_str(), if n < HANGING { Behaviour::Hangs } else { slow })
        })
        .collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    // They hang side by side and end together, before their siblings are through: a mere row of five there is.
    let first_byte_timeout = Duration::from_secs(1);
    let timeout = Duration::from_secs(2);
    let prober = prober(&ProbeConfig { per_key: HANGING + 2, first_byte_timeout, timeout, ..config() });
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let names: Vec<_> = names.iter().map(|text| name(text)).collect();
    let seen = futures::future::join_all(names.iter().map(|name| inquiry.ask(&target, Ask::chat(name)))).await;
    for (n, seen) in seen.iter().enumerate() {
        assert_eq!(seen.outcome, if n < HANGING { Outcome::TimedOut } else { Outcome::Works }, "{n}: {seen:?}");
    }
    // One alone, as often as it is asked.
    let inquiry = super::inquiry();
    for _ in 0..7 {
        assert_eq!(inquiry.ask(&target, Ask::chat(&names[0])).await.outcome, Outcome::TimedOut);
    }
    assert_eq!(inquiry.ask(&target, Ask::chat(&names[HANGING])).await.outcome, Outcome::Works);
}

#[tokio::test]
async fn requests_a_second_are_kept_per_key_over_all_rounds() {
    const RATE: u32 = 10;
    const BURST: u32 = RATE / 2;
    let upstream = Simulated::start(World { keys: vec![], ..world(&[("m", Behaviour::Works)]) }).await.unwrap();
    let prober = prober(&ProbeConfig { requests_per_second: RATE.into(), per_key: 50, per_host: 50, ..config() });
    let (here, there) = (prober.inquiry(), prober.inquiry());
    let (key, other) = (target(&upstream.base_url()), target_with(&upstream.base_url(), "second"));
    let model = name("m");
    let asking = |count: u32, inquiry, target| {
        let model = &model;
        let ask = move |_| async move { Inquiry::ask(inquiry, target, Ask::chat(model)).await };
        async move {
            let seen = futures::future::join_all((0..count).map(ask)).await;
            assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works), "{seen:?}");
            Instant::now()
        }
    };
    let start = Instant::now();
    let (one, two, free) =
        tokio::join!(asking(BURST + 5, &here, &key), asking(5, &there, &key), asking(5, &here, &other));
    let done = one.max(two);
    // Ten more than may leave at once, whichever round asks; a hair is left to the clocks.
    let took = done - start + Duration::from_millis(20);
    assert!(took >= Duration::from_secs(1) * 10 / RATE, "{took:?}");
    assert!(free < done);
    assert_eq!(upstream.total(), u64::from(BURST) + 5 + 5 + 5);
}

#[tokio::test]
async fn bounds_hold_per_key_per_host_and_over_everything() {
    let slow = || world(&[("m", Behaviour::Slow(Duration::from_millis(30)))]);
    for (per_key, per_host, concurrency) in [(2, 50, 50), (50, 3, 50), (50, 50, 4)] {
        let upstream = Simulated::start(World { keys: vec![], ..slow() }).await.unwrap();
        let inquiry = prober(&ProbeConfig { per_key, per_host, concurrency, ..config() }).inquiry();
        let target = target(&upstream.base_url());
        let model = name("m");
        let seen = futures::future::join_all((0..24).map(|_| inquiry.ask(&target, Ask::chat(&model)))).await;
        assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works));
        assert_eq!(upstream.most_at_once(), per_key.min(per_host).min(concurrency));
        // Waiting in our own queues is not the model's latency.
        assert!(seen.iter().all(|seen| seen.latency_ms < 24 * 30 / 4), "{seen:?}");
    }
}

#[tokio::test]
async fn a_slow_key_does_not_hold_back_another() {
    let (slow, fast) = tokio::join!(
        Simulated::start(world(&[("m", Behaviour::Hangs)])),
        Simulated::start(world(&[("m", Behaviour::Works)]))
    );
    let (slow, fast) = (slow.unwrap(), fast.unwrap());
    let inquiry = prober(&ProbeConfig { per_key: 1, concurrency: 2, ..config() }).inquiry();
    let (model, stuck, free) = (name("m"), target(&slow.base_url()), target(&fast.base_url()));
    let waiting = futures::future::join_all((0..4).map(|_| inquiry.ask(&stuck, Ask::chat(&model))));
    let passing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        inquiry.ask(&free, Ask::chat(&model)).await;
        Instant::now()
    };
    let waiting = async {
        waiting.await;
        Instant::now()
    };
    let (stuck_done, free_done) = tokio::join!(waiting, passing);
    assert!(free_done < stuck_done);
}

#[tokio::test]
async fn a_short_wait_is_kept_and_a_long_one_is_told() {
    let models = [
        ("soon", Behaviour::RateLimited(Some(1))),
        ("later", Behaviour::RateLimited(Some(600))),
        ("later-too", Behaviour::RateLimited(Some(600))),
        ("works", Behaviour::Works),
    ];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let prober = prober(&config());
    let (inquiry, target) = (prober.inquiry(), target(&upstream.base_url()));
    let first = inquiry.ask(&target, Ask::chat(&name("soon"))).await;
    assert_eq!((first.outcome, first.retry_after), (Outcome::Busy, Some(Duration::from_secs(1))));
    let start = Instant::now();
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("works"))).await.outcome, Outcome::Works);
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    // One model's own long wait leaves the others alone; a second one's is the key's.
    inquiry.ask(&target, Ask::chat(&name("later"))).await;
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("works"))).await.outcome, Outcome::Works);
    inquiry.ask(&target, Ask::chat(&name("later-too"))).await;
    let before = upstream.total();
    let held = inquiry.ask(&target, Ask::chat(&name("works"))).await;
    assert_eq!((held.outcome, held.status, upstream.total()), (Outcome::Busy, None, before));
    assert!(held.detail.contains("asked to wait until") && held.retry_after.is_some(), "{held:?}");
    // So it does in the next round.
    drop(inquiry);
    let inquiry = prober.inquiry();
    assert_eq!(inquiry.ask(&target, Ask::chat(&name("works"))).await.outcome, Outcome::Busy);
    assert_eq!(upstream.total(), before);
    // Another key of the same host goes on.
    upstream.change(|world| world.keys.push("second".to_owned()));
    let other = target_with(&upstream.base_url(), "second");
    assert_eq!(inquiry.ask(&other, Ask::chat(&name("works"))).await.outcome, Outcome::Works);
}

#[tokio::test]
async fn a_spread_rounds_questions_leave_one_after_the_other() {
    const APART: Duration = Duration::from_millis(40);
    let upstream = Simulated::start(world(&[("m", Behaviour::Works)])).await.unwrap();
    let (inquiry, target, model) = (inquiry(), target(&upstream.base_url()), name("m"));
    inquiry.spread(10, APART * 10);
    let start = Instant::now();
    let asked = async { futures::future::join_all((0..10).map(|_| inquiry.ask(&target, Ask::chat(&model)))).await };
    let counted = async {
        let mut seen = 0;
        while seen < 10 {
            tokio::time::sleep(APART / 4).await;
            seen = upstream.total();
            // Never more than had their turn by now.
            let turns = start.elapsed().as_millis() / APART.as_millis() + 1;
            assert!(u128::from(seen) <= turns, "{seen} after {:?}", start.elapsed());
        }
    };
    let (seen, ()) = tokio::join!(asked, counted);
    assert!(seen.iter().all(|seen| seen.outcome == Outcome::Works), "{seen:?}");
}

#[tokio::test]
async fn a_broken_proxy_does_not_silence_the_same_key_without_it() {
    let upstream = Simulated::start(world(&[("a", Behaviour::Works)])).await.unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let channel = Channel { proxy: Some(Secret::new(format!("http://127.0.0.1:{nobody}"))), ..channel() };
    let proxied = Target::new(&access("OpenAI", &upstream.base_url()), &channel, &Secret::new(CANARY)).unwrap();
    let inquiry = inquiry();
    for n in 0..6 {
        let seen = inquiry.ask(&proxied, Ask::chat(&name(&format!("m-{n}")))).await;
        assert_eq!((seen.outcome, seen.was_sent()), (Outcome::Unreachable, n < 5), "{seen:?}");
    }
    let direct = target(&upstream.base_url());
    assert_eq!(inquiry.ask(&direct, Ask::chat(&name("a"))).await.outcome, Outcome::Works);
}

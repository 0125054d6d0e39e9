//! Refusals that no table knows are collected: each sort once, redacted, and not without end.

use channelwarden::model::Sample;
use channelwarden::probe::Ask;
use channelwarden::simulate::{Behaviour, Simulated};

use super::{CANARY, assert_no_canary, inquiry, name, target, world};

fn says(status: u16, body: &str) -> Behaviour {
    Behaviour::Says(status, body.to_owned())
}

#[tokio::test]
async fn an_unknown_refusal_is_collected_once_without_its_secrets() {
    let strange =
        |id| format!(r#"{{"error":{{"message":"{CANARY} may not do strange things (id {id})","code":"strange"}}}}"#);
    let models = [
        ("one", says(400, &strange(1))),
        ("two", says(400, &strange(22))),
        ("other", says(403, &strange(3))),
        ("at 200", says(200, r#"{"success":false,"message":"strange"}"#)),
        ("long", says(400, &format!("{CANARY} strange {}", "é ".repeat(9000)))),
        // These are known, or say nothing.
        ("works", Behaviour::Works),
        ("gone", Behaviour::Gone),
        ("limited", says(429, "slower please")),
        ("page", Behaviour::Page),
        ("odd", Behaviour::OddJson),
        ("silent", says(500, "")),
    ];
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    assert_eq!(inquiry.samples(), vec![]);
    for (model, _) in &models {
        inquiry.ask(&target, Ask::chat(&name(model))).await;
    }
    let samples = inquiry.samples();
    assert_eq!(samples.iter().map(|one| one.status).collect::<Vec<_>>(), [400, 403, 200, 400], "{samples:?}");
    assert!(samples[0].body.contains("*** may not do strange things"), "{samples:?}");
    assert!(samples.iter().all(|one| one.host == target.endpoints.host && one.body.len() <= Sample::LONGEST));
    assert!(samples[3].body.len() > Sample::LONGEST - 4, "cut too short");
    assert_no_canary(&samples);
}

#[tokio::test]
async fn a_round_collects_no_more_than_fifty_sorts() {
    let words = (b'a'..=b'z').flat_map(|a| (b'a'..=b'c').map(move |b| format!("{}{}", a as char, b as char)));
    let models: Vec<_> = words.map(|word| (format!("model-{word}"), format!("strange word: {word}"))).collect();
    let names: Vec<_> = models.iter().map(|(model, _)| model.clone()).collect();
    let models: Vec<_> = models.iter().map(|(model, body)| (model.as_str(), says(400, body))).collect();
    let upstream = Simulated::start(world(&models)).await.unwrap();
    let (inquiry, target) = (inquiry(), target(&upstream.base_url()));
    for text in &names {
        inquiry.ask(&target, Ask::chat(&name(text))).await;
    }
    assert_eq!((names.len(), inquiry.samples().len()), (78, 50));
}

//! `/metrics`: read by a strict reader of `OpenMetrics`, names and labels looked at.

use std::collections::{BTreeMap, BTreeSet};

use channelwarden::clock;
use channelwarden::config::Config;
use channelwarden::model::Outcome::{Busy, Gone, Works};
use channelwarden::serve::{ANSWER_BOUNDS_MS, RoundFacts, WriteResult};
use channelwarden::store::HoldScope;

use super::scene::{READ, Scene, config};
use super::seen::{self, HOSTILE};

/// One figure: name, labels, value.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Reads the text as `OpenMetrics` 1.0 has it, and panics at whatever is not as it should be.
fn read(text: &str) -> Vec<Sample> {
    let body = text.strip_suffix("# EOF\n").unwrap_or_else(|| panic!("no end: {text}"));
    let (mut samples, mut families, mut current) = (vec![], BTreeSet::new(), (String::new(), String::new()));
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (what, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            if name != current.0 {
                assert!(families.insert(name.to_owned()), "{name} comes twice");
                current = (name.to_owned(), String::new());
            }
            match what {
                "TYPE" => rest.clone_into(&mut current.1),
                "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line}"),
                "HELP" => assert!(!rest.is_empty(), "{line}"),
                other => panic!("{other}: {line}"),
            }
            continue;
        }
        let (name, labels, value) = sample(line);
        let suffix = name.strip_prefix(&current.0).unwrap_or_else(|| panic!("{line} in {current:?}"));
        let allowed: &[&str] = match current.1.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            other => panic!("{other}: {line}"),
        };
        assert!(allowed.contains(&suffix), "{line} in {current:?}");
        samples.push(Sample { name, labels, value });
    }
    samples
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let Some((name, rest)) = line.split_once('{') else {
        let (name, value) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        return (name.to_owned(), BTreeMap::new(), value.parse().unwrap());
    };
    let (mut labels, mut rest) = (BTreeMap::new(), rest);
    loop {
        let (key, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
        let (mut value, mut chars) = (String::new(), after.char_indices());
        let end = loop {
            match chars.next().unwrap_or_else(|| panic!("{line}")) {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    same @ ('\\' | '"') => same,
                    other => panic!("\\{other}: {line}"),
                }),
                (_, plain) => value.push(plain),
            }
        };
        assert!(labels.insert(key.to_owned(), value).is_none(), "{line}");
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    let value = rest.strip_prefix("} ").unwrap_or_else(|| panic!("{line}"));
    (name.to_owned(), labels, value.parse().unwrap())
}

async fn scraped(scene: &Scene) -> Vec<Sample> {
    let token = format!("Bearer {READ}");
    let answer = scene.get("/metrics", &[("authorization", &token)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"), "{answer:?}");
    assert!(!answer.text.contains("canary-read") && !answer.text.contains("canary/model"), "{}", answer.text);
    read(&answer.text)
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> f64 {
    let is = |sample: &&Sample| {
        sample.name == name && labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|v| v == value))
    };
    let found: Vec<_> = samples.iter().filter(is).collect();
    assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
    found[0].value
}

async fn filled() -> Scene {
    let mut config: Config = config();
    config.budget.requests = 200;
    let scene = Scene::new(config).await;
    let store = &scene.app.store;
    let models = [("canary/model-a", Works, 90), ("canary/model-b", Works, 700), ("canary/model-c", Gone, 90_000)];
    let round = seen::round(store, 7, clock::now(), &models).await;
    store.hold(&HoldScope::default(), "stop", clock::now()).await.unwrap();
    let today = clock::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let expense = channelwarden::store::Expense { requests: 50, ..Default::default() };
    store.spend(&[(today, "", expense)]).await.unwrap();
    let metrics = &scene.app.metrics;
    let answers = store.answer_times(round, &ANSWER_BOUNDS_MS).await.unwrap();
    let outcomes = vec![(Works.as_str(), 2), (Gone.as_str(), 1), (Busy.as_str(), 0)];
    metrics.round_ended(&RoundFacts { gateway: "main", seconds: 12.5, outcomes, answers });
    metrics.wrote(WriteResult::Applied, 3);
    metrics.lease("main", true);
    scene
}

#[tokio::test]
async fn every_figure_is_what_it_counts() {
    let scene = filled().await;
    let now = scraped(&scene).await;
    let is = |name: &str, labels: &[(&str, &str)], expected: f64| {
        let found = value(&now, name, labels);
        assert!((found - expected).abs() < 1e-9, "{name} {labels:?} is {found}");
    };
    is("channelwarden_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    is("channelwarden_probe_total", &[("gateway", "main"), ("outcome", "works")], 2.0);
    let took = "channelwarden_probe_duration_seconds";
    is(&format!("{took}_count"), &[("gateway", "main")], 3.0);
    is(&format!("{took}_sum"), &[("gateway", "main")], 90.79);
    is(&format!("{took}_bucket"), &[("le", "0.1")], 1.0);
    is(&format!("{took}_bucket"), &[("le", "0.5")], 1.0);
    is(&format!("{took}_bucket"), &[("le", "1.0")], 2.0);
    is(&format!("{took}_bucket"), &[("le", "60.0")], 2.0);
    is(&format!("{took}_bucket"), &[("le", "+Inf")], 3.0);
    is("channelwarden_round_duration_seconds_sum", &[("gateway", "main")], 12.5);
    is("channelwarden_writes_total", &[("result", "applied")], 3.0);
    is("channelwarden_writes_total", &[("result", "undone")], 0.0);
    is("channelwarden_lease_held", &[("gateway", "main")], 1.0);
    is("channelwarden_config_last_reload_successful", &[], 1.0);
    // The name is another's text: it stays one label's value.
    let channel = [("gateway", "main"), ("channel", "7"), ("channel_name", HOSTILE)];
    is("channelwarden_model_working", &channel, 2.0);
    is("channelwarden_model_listed", &channel, 3.0);
    is("channelwarden_journal_open_intents", &[("gateway", "main")], 0.0);
    is("channelwarden_plan_changes", &[("kind", "removed")], 0.0);
    is("channelwarden_hold", &[("scope", "everything")], 1.0);
    is("channelwarden_hold", &[("scope", "model")], 0.0);
    is("channelwarden_probe_budget_remaining_ratio", &[("of", "requests")], 0.75);
    is("channelwarden_probe_budget_remaining_ratio", &[("of", "tokens")], 1.0);
    let good = value(&now, "channelwarden_last_success_timestamp_seconds", &[("gateway", "main"), ("stage", "round")]);
    assert!((clock::now().as_duration().as_secs_f64() - good).abs() < 60.0, "{good}");
}

#[tokio::test]
async fn metrics_need_the_right_to_read() {
    let scene = filled().await;
    assert_eq!(scene.get("/metrics", &[]).await.refusal().0, 401);
}

#[tokio::test]
async fn the_dashboard_for_grafana_asks_for_nothing_that_is_not_there() {
    let scene = filled().await;
    let mut there: BTreeSet<String> = scraped(&scene).await.into_iter().map(|sample| sample.name).collect();
    // There is none while no guard holds anything.
    there.insert("channelwarden_plan_held".to_owned());
    let text = include_str!("../../packaging/grafana/channelwarden.json");
    let dashboard: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
    let mut asked = BTreeSet::new();
    for part in text.split("channelwarden_").skip(1) {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
        asked.insert(format!("channelwarden_{}", &part[..end]));
    }
    assert!(asked.len() > 12, "{asked:?}");
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?} of {there:?}");
}

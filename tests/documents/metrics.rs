//! Every metric stands in docs/metrics.md, and alert rules ask for nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::page::{below_the_mark, cell, code, table};
use super::served::{READ, Served};

const RULES: &str = "packaging/prometheus/channelwarden.rules.yml";

/// What each label tells.
const LABELS: [(&str, &str); 17] = [
    ("gateway", "The gateway's name in the configuration."),
    ("channel", "The channel's id in the gateway."),
    ("channel_name", "The channel's name, as the gateway has it."),
    ("version", "The version of this program."),
    ("outcome", "What one probe showed, by the names that `channelwarden history samples` has: `works`, `gone`, …"),
    (
        "result",
        "How a write ended: `applied`, `conflict` (somebody else changed the channel; theirs stays), `failed`, `undone`.",
    ),
    ("stage", "`round`: a whole round."),
    ("kind", "What a plan does with a model: `removed`, `added`, `restored`."),
    ("guard", "The guard that holds it: `last-route`, `channel-limit`, … ([safety](safety.md))."),
    ("scope", "What a hold stops: `everything`, `gateway`, `channel`, `model`."),
    ("of", "Which budget: `requests` or `tokens` (`budget.requests`, `budget.tokens`); without a limit 1."),
    ("receiver", "The receiver's name in the configuration."),
    (
        "state",
        "Of a message: `waiting` or `dead` (given up). Of a deployment: how it was last seen, such as `blocked`.",
    ),
    ("severity", "`info`, `warning`, `critical`."),
    ("check", "The endpoint of LiteLLM: `liveliness`, `readiness`, `key`; `chat`: the worst of `litellm.chat`."),
    ("class", "The sort of failure: `credits`, `auth`, `server`, `rate`, …"),
    ("le", "A histogram's upper bound, in seconds."),
];

/// What is scraped under one name.
#[derive(Default)]
struct Family {
    kind: String,
    unit: String,
    help: String,
    /// The names of its figures.
    names: BTreeSet<String>,
    labels: BTreeSet<String>,
}

async fn scraped() -> BTreeMap<String, Family> {
    let (status, text) = Served::new().await.ask("GET", "/metrics", Some(READ)).await;
    assert_eq!(status, 200, "{text}");
    let label = regex::Regex::new("([a-z_]+)=\"").unwrap();
    let (mut families, mut current) = (BTreeMap::<String, Family>::new(), String::new());
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<&str> = comment.splitn(3, ' ').collect();
            words[1].clone_into(&mut current);
            let family = families.entry(current.clone()).or_default();
            match words[0] {
                "TYPE" => words[2].clone_into(&mut family.kind),
                "UNIT" => words[2].clone_into(&mut family.unit),
                "HELP" => words[2].clone_into(&mut family.help),
                other => panic!("{other}: {line}"),
            }
        } else {
            let family = families.get_mut(&current).unwrap();
            let (name, labels) = line.split_once(['{', ' ']).unwrap();
            family.names.insert(name.to_owned());
            family.labels.extend(label.captures_iter(labels).map(|found| found[1].to_owned()));
        }
    }
    families
}

#[tokio::test]
async fn every_metric_is_described() {
    let families = scraped().await;
    let sources =
        ["src/serve/metrics.rs", "src/serve/metrics/stand.rs", "src/serve/metrics/litellm.rs"].map(crate::read);
    let registered: usize = sources.iter().map(|text| text.matches("all.register").count()).sum();
    assert_eq!(families.len(), registered, "as many as are registered: {:?}", families.keys().collect::<Vec<_>>());
    assert_eq!(
        std::fs::read_dir(crate::place("src/serve/metrics")).unwrap().count(),
        2,
        "a file more that may register some"
    );

    let mut out = String::new();
    for (title, begins) in [
        ("The program, its rounds and its channels", ""),
        ("LiteLLM", "litellm_"),
        ("The gateways' processes", "process_"),
    ] {
        let rows: Vec<_> = families
            .iter()
            .map(|(name, family)| (name.strip_prefix("channelwarden_").unwrap(), name, family))
            .filter(|(short, ..)| match begins {
                "" => !short.starts_with("litellm_") && !short.starts_with("process_"),
                begins => short.starts_with(begins),
            })
            .map(|(_, name, family)| {
                assert!(!family.help.is_empty() && !family.names.is_empty(), "{name}");
                let names = if family.kind == "histogram" { vec![name] } else { family.names.iter().collect() };
                let names = names.into_iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
                let labels =
                    family.labels.iter().filter(|label| *label != "le").map(|label| code(label)).collect::<Vec<_>>();
                vec![
                    names,
                    family.kind.clone(),
                    unit(name, family),
                    labels.join(", "),
                    cell(family.help.trim_end_matches('.')),
                ]
            })
            .collect();
        let _ = write!(out, "## {title}\n\n{}", table(&["Name", "Type", "Unit", "Labels", "Meaning"], &rows));
    }
    let used: BTreeSet<&str> = families.values().flat_map(|family| &family.labels).map(String::as_str).collect();
    assert_eq!(
        used,
        LABELS.map(|(label, _)| label).into_iter().collect(),
        "the labels there are, and those that are told"
    );
    let labels: Vec<_> = LABELS.iter().map(|(label, meaning)| vec![code(label), cell(meaning)]).collect();
    let _ = write!(out, "## Labels\n\n{}", table(&["Label", "Meaning"], &labels));
    let _ = write!(
        out,
        "## Alert rules\n\n{}",
        table(&["Alert", "Severity", "Fires when", "What to do"], &alerts(&families))
    );
    below_the_mark("docs/metrics.md", &out);
}

fn unit(name: &str, family: &Family) -> String {
    let told = if family.unit.is_empty() { name.rsplit('_').next().unwrap() } else { &family.unit };
    match told {
        "seconds" if name.contains("timestamp") || name.contains("start_time") => "seconds since 1970".to_owned(),
        "seconds" | "bytes" => told.to_owned(),
        "ratio" => "0 to 1".to_owned(),
        "ratios" => "1: one core".to_owned(),
        _ => String::new(),
    }
}

/// The rules, each with a word on what to do, and about nothing that is not scraped.
fn alerts(families: &BTreeMap<String, Family>) -> Vec<Vec<String>> {
    let rules: Value = serde_saphyr::from_str(&crate::read(RULES)).unwrap();
    let groups = rules["groups"].as_array().unwrap();
    let rules: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert!((5..=10).contains(&rules.len()), "{}", rules.len());
    let row = |rule: &Value| {
        let text = |path: &str| {
            rule.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{path} of {rule}")).to_owned()
        };
        let (alert, asks) = (text("/alert"), text("/expr"));
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let names: Vec<&str> = asks.split(|c| !is_name(c)).filter(|word| word.starts_with("channelwarden_")).collect();
        assert!(!names.is_empty(), "{alert} asks for nothing of ours");
        for name in names {
            assert!(families.values().any(|family| family.names.contains(name)), "{alert}: there is no {name}");
        }
        for part in asks.split(['{', '}']).skip(1).step_by(2) {
            let label = part.split(['=', '!', '~']).next().unwrap();
            assert!(
                families.values().any(|family| family.labels.contains(label)),
                "{alert}: there is no label {label}"
            );
        }
        let severity = text("/labels/severity");
        assert!(["info", "warning", "critical"].contains(&severity.as_str()), "{alert}: {severity}");
        assert!(!text("/annotations/summary").is_empty());
        let when = format!("`{}` for {}", asks.split_whitespace().collect::<Vec<_>>().join(" "), text("/for"));
        vec![code(&alert), severity, cell(&when), cell(&text("/annotations/description"))]
    };
    rules.into_iter().map(row).collect()
}

//! The configuration as an operator meets it: files in, a configuration or a helpful refusal out.

#[path = "config/channel_monitor.rs"]
mod channel_monitor;
#[path = "config/litellm.rs"]
mod litellm;
#[path = "config/notify.rs"]
mod notify;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use channelwarden::config::{
    self, ChatName, Config, ConfigError, DatabaseAddress, Form, GatewayConfig, Language, Loaded, MailSecurity, Mode,
    SecretRef, Source,
};
use channelwarden::model::GatewayKind;

fn environment(name: &str) -> Option<String> {
    (name == "ONEAPI_DSN").then(|| "root:canary-env@tcp(db:3306)/oneapi".to_owned())
}

fn parse(name: &str, text: &str) -> Result<Loaded, ConfigError> {
    config::parse_in(text, Path::new(name), &environment)
}

fn ours(text: &str) -> String {
    format!("{{ gateways: {{ main: {{ database: '${{ONEAPI_DSN}}' }} }}, {text} }}")
}

fn refusal(name: &str, text: &str) -> String {
    let Err(error) = parse(name, text) else { panic!("accepted: {text}") };
    let shown = format!("{error}\n{error:?}");
    assert!(!shown.contains("canary"), "{shown}");
    error.to_string()
}

fn fixture(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(name);
    config::load(&path).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_example_has_every_key_with_its_default() {
    let text = include_str!("../config.example.json5");
    let loaded = parse("config.example.json5", text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.notes, Vec::<String>::new());
    let gateway = loaded.config.gateways["main"].clone();
    assert_eq!(
        GatewayConfig { database: Some(SecretRef::literal("")), ..gateway },
        GatewayConfig::new(SecretRef::literal(""))
    );
    assert_eq!(Config { gateways: Config::default().gateways, ..loaded.config }, Config::default());

    let written: serde_json::Value = json5::from_str(text).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).unwrap();
    let mut keys = 0;
    walk(&schema, &schema, &written, "", &mut keys);
    assert!(keys > 50, "{keys}");
}

/// Every property of the schema is in the value, and every one has a description.
fn walk(
    root: &serde_json::Value,
    schema: &serde_json::Value,
    written: &serde_json::Value,
    path: &str,
    keys: &mut usize,
) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &root["$defs"][name.trim_start_matches("#/$defs/")],
        None => schema,
    };
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        assert!(written.get(key).is_some(), "{path} is missing in config.example.json5");
        let described = inner["description"].is_string();
        assert!(described, "{path} has no description in the schema");
        *keys += 1;
        walk(root, inner, &written[key], &path, keys);
    }
    if schema["additionalProperties"].is_object() {
        for (name, value) in written.as_object().into_iter().flatten() {
            walk(root, &schema["additionalProperties"], value, &format!("{path}.{name}"), keys);
        }
    }
}

#[test]
fn yaml_says_the_same_as_json5() {
    let json5 =
        parse("c.json5", &ours("probe: { every: '30m', jitter: 0 }, verdict: { denied: { times: 3, over: '1h' } }"));
    let yaml = "
gateways:
  main: { database: '${ONEAPI_DSN}' }
probe:
  every: 30m
  jitter: 0
verdict:
  denied:
    times: 3
    over: 1h
";
    assert_eq!(json5.unwrap().config, parse("c.yml", yaml).unwrap().config);
}

#[test]
fn a_single_channels_mode_is_given_by_its_id() {
    let json5 = "{ gateways: { a: { database: 'x.db', channels: { mode: { '12': 'apply' } } } } }";
    let yaml = "gateways:\n  a:\n    database: x.db\n    channels:\n      mode: { 12: apply }\n";
    for (name, text) in [("c.json5", json5), ("c.yaml", yaml)] {
        let loaded = parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.config.gateways["a"].channels.mode[&12], Mode::Apply);
        assert_eq!(loaded.config.gateways["a"].mode, Mode::Observe);
    }
}

#[test]
fn every_unknown_key_is_named_with_its_place_and_the_nearest_known() {
    let error = refusal("c.json5", "{\n  gatways: {},\n  probe: {\n    'evry': '1h', xyz: 'canary',\n  },\n}");
    assert!(error.contains("c.json5:2:3: `gatways`: unknown key, did you mean `gateways`?"), "{error}");
    assert!(error.contains("c.json5:4:5: `probe.evry`: unknown key, did you mean `every`?"), "{error}");
    assert!(error.contains("c.json5:4:19: `probe.xyz`: unknown key; known here: "), "{error}");
    assert!(error.contains("4 |     'evry': '***', ***: '***',"), "{error}");

    let error = refusal("c.yaml", "gateways:\n  main:\n    database: x.db\n    model: canary\n");
    assert!(error.contains("c.yaml:4:5: `gateways.main.model`: unknown key, did you mean `mode"), "{error}");
}

#[test]
fn a_value_of_the_wrong_sort_is_told_without_the_value() {
    for (text, expected) in [
        ("probe: { every: 'canary' }", "`probe.every`: this is not a duration; write it as 30s, 10m, 1h or 7d"),
        ("probe: { every: 30 }", "`probe.every`: this is not a text in quotes (a duration too"),
        ("probe: { concurrency: 'canary' }", "`probe.concurrency`: this is not a number"),
        ("probe: { concurrency: -1 }", "`probe.concurrency`: "),
        ("probe: 'canary'", "`probe`: this is not a group of keys in braces"),
        ("log: { format: 'jsn' }", "`log.format`: this is none of text, json; did you mean \"json\"?"),
        ("log: { format: 'canary' }", "`log.format`: this is none of text, json"),
        ("verdict: { denied: { times: 2 } }", "`verdict.denied`: `over` is missing here"),
    ] {
        let error = refusal("c.json5", &ours(text));
        assert!(error.contains(expected) && error.starts_with("c.json5:1:"), "{text}\n{error}");
    }
    for (text, expected) in [
        ("probe: { every: canary }", "c.yaml:1:17: `probe.every`: this is not a duration"),
        ("probe: { concurrency: canary }", "c.yaml:1:23: `probe.concurrency`: this is not a whole number from 0"),
        ("probe: [canary]", "c.yaml:1:8: `probe`: this is not a group of keys in braces"),
        ("probe: { concurrency: -1 }", "c.yaml:1:23: `probe.concurrency`: "),
        ("gateways: { main: [canary] }", "c.yaml:1:19: `gateways.main`: this is not a group of keys in braces"),
        ("network: { check: canary }", "c.yaml:1:19: `network.check`: this is not a list in brackets"),
        ("gateways: { main: { kind: canary } }", "c.yaml:1:27: `gateways.main.kind`: this is none of one-api"),
        ("gateways: { main: { mode: aply } }", "did you mean \"apply\"?"),
        (
            "gateways: { main: { database: x.db, channels: { auto_disabled: yes-canary } } }",
            ".auto_disabled`: this is not true or false",
        ),
    ] {
        let error = refusal("c.yaml", text);
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

#[test]
fn a_broken_text_is_told_with_its_place_and_without_its_secrets() {
    for (name, text, place) in [
        ("c.json5", "{\n gateways: { main: { database: 'root:canary@tcp(h)/d } }\n}", "c.json5:"),
        ("c.json5", "{\n gateways: { main { database: 'canary' } }\n}", "c.json5:2:19"),
        ("c.json5", "{ gateways: ", "c.json5:1:"),
        ("c.json5", " ", "c.json5: the file is empty"),
        ("c.yaml", "", "c.yaml: the file is empty"),
        ("c.yaml", "gateways:\n  main:\n    root:canary@tcp(h)/d: x\n", "c.yaml:3:5: `gateways.main.***`: unknown key"),
        ("c.json", "canary", "c.json:1:"),
        ("c.yaml", "gateways:\n  main:\n   database: 'canary\n", "c.yaml:"),
        ("c.yaml", "gateways:\n\tmain: canary", "c.yaml:2:"),
        ("c.yaml", "gateways: {}\ngateways: {a: canary}\n", "c.yaml:2:"),
        ("c.yaml", "a: &a [*a, canary]", "c.yaml:"),
        ("c.json5", "{ probe: {}, probe: { every: 'canary' } }", "c.json5:1:14: `probe`: stands twice"),
    ] {
        let error = refusal(name, text);
        assert!(error.starts_with(place), "{text}\n{error}");
    }
    let deep = format!("{{ gateways: {}", "[".repeat(200_000));
    assert!(refusal("c.json5", &deep).contains("nested more than 128 deep"));
    assert!(refusal("c.yaml", &"[".repeat(5_000)).starts_with("c.yaml"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "{
  gateways: {
    'a b': { database: 'canary' },
    one: { database: 'root:canary@tcp(db)/x', channels: { only: [0] }, models: { sources: ['list', 'list'], keep: ['a,b'] } },
    two: { database: 'mysql://other:canary@db/x', models: { sources: [] } },
    three: { database: '${NOT_SET}' },
    four: { database: 'file:/does/not/exist' },
    five: { database: './mine.db' },
  },
  store: { path: 'mine.db', keep_changes: '0s' },
  probe: { every: '30s', jitter: 0.9, concurrency: 0, per_key: 0, requests_per_second: -1, connect_timeout: '3m',
           first_byte_timeout: '0s', max_tokens: 1, prompt: ' ', user_agent: 'ü' },
  verdict: { denied: { times: 0, over: '1m' }, failing: { times: 3, over: '0s' }, restore_max: '1m' },
  limits: { channel_share: 1.5, round_share: -0.1, channels_down_share: NaN },
  network: { check: ['example.com'] },
  log: { level: 'loud' },
}";
    let error = refusal("c.json5", text);
    for (line, path) in [
        (3, "gateways.a b`: a gateway's name"),
        (3, "gateways.a b.database"),
        (4, "gateways.one.channels.only[0]"),
        (4, "gateways.one.models.sources[1]"),
        (4, "gateways.one.models.list"),
        (4, "gateways.one.models.keep[0]"),
        (5, "gateways.two.database`: gateway `one` has the same database"),
        (5, "gateways.two.models.sources"),
        (6, "gateways.three.database`: the environment variable NOT_SET is not set"),
        (7, "gateways.four.database`: the secret file /does/not/exist cannot be read"),
        (10, "store.path"),
        (10, "store.keep_changes"),
        (11, "probe.every"),
        (11, "probe.jitter"),
        (11, "probe.concurrency"),
        (11, "probe.per_key"),
        (11, "probe.requests_per_second"),
        (11, "probe.connect_timeout"),
        (12, "probe.first_byte_timeout"),
        (12, "probe.max_tokens"),
        (12, "probe.prompt"),
        (12, "probe.user_agent"),
        (13, "verdict.denied.times"),
        (13, "verdict.failing.over"),
        (13, "verdict.restore_max"),
        (14, "limits.channel_share"),
        (14, "limits.round_share"),
        (14, "limits.channels_down_share"),
        (15, "network.check[0]"),
        (16, "log.level"),
    ] {
        let told = error.lines().any(|told| told.starts_with(&format!("c.json5:{line}:")) && told.contains(path));
        assert!(told, "{line} {path}\n{error}");
    }
    let ConfigError::Invalid(report) = parse("c.json5", text).unwrap_err() else { panic!("{error}") };
    assert_eq!(report.count(), 30, "{error}");
    assert!(refusal("c.yaml", "probe: { every: 1h }").contains("`gateways`: there is no gateway"));
}

#[test]
fn what_fair_judging_may_not_be_told_is_refused_in_words() {
    for (text, told) in [
        ("probe: { spread: 1 }", "`probe.spread`: must be from 0 to 0.9"),
        ("probe: { key_rest: '10s' }", "`probe.key_rest`: must be at least 1m"),
        ("probe: { kinds: ['video'] }", "`probe.kinds[0]`: video models cannot be probed"),
        ("probe: { kinds: ['chatt'] }", "did you mean \"chat\"?"),
        ("budget: { free_share: 2 }", "`budget.free_share`: is a share: it must be from 0 to 1"),
        ("budget: { requests: -1 }", "`budget.requests`: this is not a whole number from 0"),
        ("verdict: { quality: 'remove' }", "`verdict.quality`: this is none of mark, withdraw"),
        ("verdict: { denied_listed: { times: 0, over: '1h' } }", "`verdict.denied_listed.times`: must be at least 1"),
        ("verdict: { unrouted: { times: 6, over: '0s' } }", "`verdict.unrouted.over`: must be more than 0s"),
        ("limits: { correlated_share: 1.5 }", "`limits.correlated_share`: is a share"),
        ("openrouter: { every: '10s' }", "`openrouter.every`: must be at least 1m"),
        ("openrouter: { base_url: 'openrouter.ai' }", "`openrouter.base_url`: write it as https://host[/path]"),
        ("openrouter: { base_url: 'http://' }", "`openrouter.base_url`: write it as https://host[/path]"),
        ("openrouter: { title: 'ü' }", "`openrouter.title`: must be printable ASCII"),
        ("openrouter: { key: '${NOT_SET}' }", "`openrouter.key`: the environment variable NOT_SET is not set"),
    ] {
        let error = refusal("c.json5", &ours(text));
        assert!(error.contains(told), "{text}: {error}");
    }
    for (rule, told) in [
        ("{ policy: 'never' }", "rules[0].policy`: this is none of off, list, passive, probe"),
        ("{ polcy: 'off' }", "rules[0].polcy`: unknown key, did you mean `policy`?"),
        ("{ kind: 'chatty' }", "rules[0].kind`: this is none of chat, "),
        ("{ channels: [0] }", "rules[0].channels[0]`: a channel's id is a whole number from 1"),
        ("{ models: ['a,b'] }", "rules[0].models[0]`: this cannot be a model's name"),
        ("{ prompt: ' ' }", "rules[0].prompt`: must not be empty"),
        ("{ user_agent: 'ü' }", "rules[0].user_agent`: must be printable ASCII"),
        ("{ headers: { 'a b': 'canary' } }", "rules[0].headers.a b`: is no name of an HTTP header"),
        ("{ headers: { 'x-team': 'canary-é' } }", "rules[0].headers.x-team`: must be printable ASCII"),
    ] {
        let text = format!("{{ gateways: {{ main: {{ database: '${{ONEAPI_DSN}}', rules: [{rule}] }} }} }}");
        let error = refusal("c.json5", &text);
        assert!(error.contains(told), "{rule}: {error}");
    }
}

#[test]
fn a_secret_shows_nowhere() {
    let loaded = parse("c.json5", &ours("")).unwrap();
    let literal = parse("c.json5", "{ gateways: { a: { database: 'root:canary@tcp(db)/x' } } }").unwrap();
    for loaded in [loaded, literal, fixture("cm-minimal.json"), fixture("cm-full.json")] {
        let shown = format!("{loaded:?} {} {}", loaded.summary(), serde_json::to_string(&loaded.config).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn a_check_says_what_is_looked_after() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/cm-minimal.json");
    let summary = config::check(&path).unwrap();
    assert!(summary.contains("gateway main: mysql://root:***@localhost:3306/oneapi"), "{summary}");
    assert!(summary.contains("mode apply") && summary.contains("a round every 1h"), "{summary}");
    let error = config::check(Path::new("/does/not/exist.json5")).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("/does/not/exist.json5"));
    let folder = config::check(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err().to_string();
    // Windows calls it forbidden.
    assert!(cfg!(windows) || folder.contains("it is a folder: a container engine makes one"), "{folder}");
}

#[test]
fn doubtful_settings_are_noted() {
    let text = "{ gateways: { a: { database: '/x.db', channels: { only: [1], exclude: [1], mode: { '1': 'apply' } },
        models: { list: ['a'], exclude: ['a'], keep: ['a'] } } } }";
    let notes = parse("c.json5", text).unwrap().notes.join("\n");
    for said in ["both in only and in exclude", "mode.1 has no effect", "list has no effect"] {
        assert!(notes.contains(said), "{notes}");
    }
}

/// A sound text with one slip of the hand in it: some characters gone, others in their place.
fn slipped(text: &str, at: usize, gone: usize, put: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = at % chars.len();
    let rest = chars.iter().skip(at + gone);
    chars[..at].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(rest).collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_slip_of_the_hand_shows_a_secret(at in 0usize..400, gone in 0usize..4, put in "[-\"'{}\\[\\]:,#/*& \na0]{0,3}") {
        let json = include_str!("config/cm-full.json");
        let ours = "{ gateways: { main: { database: \"root:canary@tcp(db:3306)/x\", mode: 'apply' } }, probe: { every: '1h' } }";
        let yaml = "gateways:\n  main:\n    database: root:canary@tcp(db:3306)/x\n    mode: apply\nprobe:\n  every: 1h\n";
        for (name, text) in [("config.json", json), ("c.json5", ours), ("c.yaml", yaml)] {
            let text = slipped(text, at * 7, gone, &put);
            let shown = match parse(name, &text) {
                Ok(loaded) => format!("{loaded:?}"),
                Err(error) => error.to_string(),
            };
            proptest::prop_assert!(!shown.contains("canary"), "{text}\n{shown}");
        }
    }
}

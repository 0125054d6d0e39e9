//! Files as people have them, line by line; and that doing what is said makes each finding go away.

use std::fmt::Write as _;

use super::*;

const COMPOSE: &str = include_str!("../../../tests/doctor/compose.yaml");
const DIAGNOSIS: &str = include_str!("../../../tests/doctor/diagnosis.yml");
const CONFIG: &str = include_str!("../../../tests/doctor/litellm_config.yaml");
const ENVIRONMENT: &str = include_str!("../../../tests/doctor/litellm.env");
const INSPECT: &str = include_str!("../../../tests/doctor/inspect.json");

fn look(name: &str, text: &str) -> Vec<Finding> {
    let found = of_text(Path::new(name), text, None);
    let told = format!("{found:?}");
    assert!(!told.contains("canary"), "{name} tells a secret: {told}");
    found
}

fn bad(name: &str, text: &str) -> Vec<(Option<usize>, Level, String)> {
    let found = look(name, text).into_iter().filter(|finding| finding.level > Level::Note);
    found.map(|finding| (finding.place.line, finding.level, finding.what)).collect()
}

fn told(name: &str, text: &str) -> String {
    let mut out = String::new();
    for Finding { level, place, what, why, fix, .. } in look(name, text) {
        let _ = write!(out, "{} {place}: {what}\n  why: {why}\n  fix: {fix}\n", level.as_str());
    }
    out
}

macro_rules! told_as {
    ($name:literal, $file:literal, $text:expr) => {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../../../tests/doctor/snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!($name, told($file, $text)));
    };
}

#[test]
fn each_file_is_told_line_by_line() {
    told_as!("compose", "compose.yaml", COMPOSE);
    told_as!("diagnosis", "compose.local.yml", DIAGNOSIS);
    told_as!("litellm_config", "config.yaml", CONFIG);
    told_as!("environment", "litellm.env", ENVIRONMENT);
    told_as!("inspect", "health.json", INSPECT);
}

#[test]
fn the_kind_of_a_file_is_told_from_what_is_in_it() {
    for (text, kind) in [
        ("services: { web: { image: nginx } }", "compose file"),
        ("{\"model_list\": []}", "LiteLLM configuration"),
        ("A_KEY=1\nB=2\n", "environment file"),
        ("[{\"State\": {\"Health\": {\"Log\": []}}}]", "container"),
        (
            "{\"Status\": \"healthy\", \"FailingStreak\": 0, \"Log\": [{\"ExitCode\": 0, \"Output\": \"ok\"}]}",
            "container",
        ),
    ] {
        let found = look("file", text);
        assert_eq!(found[0].what, format!("nothing is wrong with this {kind}"), "{text}");
    }
    for text in ["just words", "", "a log of services: []\n  with model_list: [\n"] {
        let found = look("file", text);
        let told: Vec<_> = found.iter().map(|finding| (finding.level, finding.what.as_str())).collect();
        assert_eq!(told, [(Level::Note, "nothing known is in this file")], "what is not known is not well: {text}");
    }
    let elsewhere = "{\"Config\": {\"Image\": \"litellm\", \"Cmd\": [\"--port\", \"8000\"], \"Healthcheck\": {\"Test\": [\"CMD\", \"curl\", \"http://localhost:8000/health/liveliness\"]}}}";
    let found = look("x.json", elsewhere);
    assert!(found.iter().all(|finding| !finding.what.contains("port") && finding.fix.contains(":8000/")), "{found:?}");
    let literal = look("x.env", "LITELLM_MASTER_KEY=sk-$(openssl rand -hex 24)\n");
    assert!(literal.iter().any(|finding| finding.why.contains("these words themselves are the key")), "{literal:?}");
    let twice = look("x.yml", "model_list: []\ngeneral_settings: {}\ngeneral_settings:\n  a: 1\n");
    assert_eq!((twice[0].place.line, twice[0].what.as_str()), (Some(3), "this key stands here a second time"));
    let broken = look("x.yml", "services:\n  a: [\n  b: }\n");
    assert_eq!((broken[0].level, broken[0].what.as_str()), (Level::Error, "this is not valid YAML"));
    assert!(broken[0].place.line.is_some());
    assert!(look("x", "{\"gateways\": {}}")[0].fix.contains("--config x"));
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let found = read(Path::new("/dev/zero"), None);
    assert!(found[0].level == Level::Error && found[0].why.contains("larger than 8 MiB"), "{found:?}");
}

/// Puts `line` in the place of a line, with the same indentation.
fn with_line(text: &str, number: usize, line: &str) -> String {
    let put = |(index, old): (usize, &str)| {
        if index + 1 == number {
            format!("{}{line}", &old[..old.len() - old.trim_start().len()])
        } else {
            old.to_owned()
        }
    };
    text.lines().enumerate().map(put).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_said_about_a_health_check_makes_it_right() {
    for (image, test) in [
        ("ghcr.io/berriai/litellm", r#"["CMD", "curl", "-f", "http://localhost:4000/health/liveliness"]"#),
        ("ghcr.io/berriai/litellm", "wget --spider -q http://localhost:4000/health/liveliness || exit 1"),
        ("ghcr.io/berriai/litellm", r#"["CMD", "litellm", "--health"]"#),
        (
            "litellm",
            r#"["CMD-SHELL", "python3 -c \"import urllib.request as u; u.urlopen('http://localhost:4000/health')\""]"#,
        ),
        (
            "litellm",
            r#"["CMD-SHELL", "python3 -c \"import requests; requests.get('http://localhost:4000/v1/models')\""]"#,
        ),
        (
            "litellm",
            r#"["CMD-SHELL", "python3 check.py --url http://localhost:4000/health -H \"Authorization: Bearer $$KEY\""]"#,
        ),
        ("litellm", r#"["CMD-SHELL", "python3 check.py --url http://localhost:8080/health/liveliness"]"#),
        ("litellm", r#"["python3", "check.py"]"#),
    ] {
        let text = format!(
            "services:\n  a:\n    image: {image}\n    healthcheck:\n      test: {test}\n      timeout: 10s\n      start_period: 60s\n"
        );
        let found: Vec<_> = look("c.yml", &text).into_iter().filter(|finding| finding.level > Level::Note).collect();
        let on_line = found.iter().find(|finding| finding.place.line == Some(5));
        let finding = on_line.unwrap_or_else(|| panic!("nothing is said of {test}: {found:?}"));
        let fixed = with_line(&text, 5, &finding.fix);
        assert_eq!(bad("c.yml", &fixed), [], "{fixed}");
    }
}

#[test]
fn the_whole_stack_can_be_put_right_line_by_line() {
    let mut text = COMPOSE.to_owned();
    // A line at a time, from the end, so that numbers stay; what is added goes below its line.
    for _ in 0..40 {
        let mut found: Vec<_> =
            look("compose.yaml", &text).into_iter().filter(|finding| finding.level > Level::Note).collect();
        found.sort_by_key(|finding| finding.place.line);
        let Some(finding) = found.pop() else { return };
        let line = finding.place.line.unwrap();
        let old = text.lines().nth(line - 1).unwrap().to_owned();
        text = match finding.fix.as_str() {
            fix if fix.starts_with("delete this line") => text
                .lines()
                .enumerate()
                .filter(|(index, _)| index + 1 != line)
                .map(|(_, line)| line)
                .collect::<Vec<_>>()
                .join("\n"),
            fix if finding.what.contains("is missing") => {
                with_line(&text, line, &format!("{}\n      {fix}", old.trim()))
            }
            fix if fix.starts_with("ask /health/liveliness") => {
                with_line(&text, line - 2, &format!("test: {}", probe_line(4000)))
            }
            fix => with_line(&text, line, fix),
        };
    }
    panic!("it is never right:\n{text}\n{:?}", bad("compose.yaml", &text));
}

#[test]
fn a_right_stack_is_left_alone() {
    let line = probe_line(4000);
    let text = format!(
        "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-stable\n    ports: [\"127.0.0.1:4100:4000\"]\n    environment:\n      LITELLM_MASTER_KEY: ${{KEY}}\n    healthcheck:\n      test: {line}\n      timeout: 10s\n      start_period: 1m\n"
    );
    assert_eq!(bad("c.yml", &text), []);
    let config = "model_list:\n  - model_name: a\n    litellm_params: { model: openai/a, api_key: os.environ/A, timeout: 30 }\ngeneral_settings:\n  master_key: os.environ/LITELLM_MASTER_KEY\n  background_health_checks: true\n  health_check_interval: 300\n";
    assert_eq!(look("config.yaml", config).len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.env");
    std::fs::write(&file, "LITELLM_MASTER_KEY=sk-8c1f20b7d95e4a63b1c5\nOPENAI_API_KEY=sk-canary-0123456789\n").unwrap();
    let open = read(&file, None);
    assert!(open[0].fix.starts_with("chmod 600 ") && open.len() == 1, "{open:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let missing = read(Path::new("/does/not/exist.yml"), None);
    assert_eq!((missing.len(), missing[0].level), (1, Level::Error));
}

#[test]
fn an_anchored_health_check_is_told_where_it_is_written() {
    let text = "x-check: &check\n  test: curl -f http://localhost:4000/health/liveliness\n  start_period: 60s\nservices:\n  a:\n    image: litellm\n    healthcheck: *check\n  b:\n    image: litellm\n    healthcheck:\n      <<: *check\n      timeout: 5s\n";
    let lines: Vec<_> = bad("c.yml", text).into_iter().map(|(line, ..)| line).collect();
    assert_eq!(lines, [Some(2), Some(2)]);
}

#[test]
fn what_our_own_configuration_says_is_compared() {
    let config = "{ gateways: { main: { database: 'sqlite:/x.db', kind: 'new-api' }, proxy: { kind: 'litellm', api: { url: 'http://127.0.0.1:4000', token: 'x' } } } }";
    let config = crate::config::parse(config, Path::new("c.json5")).unwrap().config;
    let found = of_text(Path::new("compose.yaml"), COMPOSE, Some(&config));
    let cache = found.iter().find(|finding| finding.what.contains("every 300 s")).unwrap();
    assert_eq!(cache.fix, "gateways.main.cache: \"300s\", in our configuration");
    let found = of_text(Path::new("config.yaml"), CONFIG, Some(&config));
    assert!(found.iter().any(|finding| finding.fix.contains("health: \"background\"")), "{found:?}");
}

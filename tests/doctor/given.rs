//! Files that are given, with a configuration that is sound, broken or absent.

use crate::scene::{Ran, run_in};
use crate::{bad, says};

fn folder(config: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    put("compose.yaml", include_str!("compose.yaml"));
    put("litellm.yaml", include_str!("litellm_config.yaml"));
    put("diagnosis.yml", include_str!("diagnosis.yml"));
    put("health.json", include_str!("inspect.json"));
    if let Some(config) = config {
        put("config.json5", config);
    }
    folder
}

fn assert_told(name: &str, ran: &Ran) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_filters([(r"(/[A-Za-z0-9_.-]+)*/\.tmp[A-Za-z0-9]{6}", "[folder]")]);
    settings.bind(|| insta::assert_snapshot!(name, ran.to_string()));
}

#[tokio::test]
async fn files_are_told_to_people_and_to_programs() {
    let folder = folder(None);
    let ran = run_in(folder.path(), &["doctor", "--offline", "--quiet", "diagnosis.yml", "health.json"]).await;
    assert_eq!(ran.code, 1, "{ran}");
    assert_told("people", &ran);
    let ran = run_in(folder.path(), &["doctor", "--offline", "--json", "diagnosis.yml"]).await;
    assert_eq!(ran.code, 2, "{ran}");
    assert_eq!(bad(&ran), ["warning file diagnosis.yml:10: a key stands in plain text in the health check"]);
    let ran = run_in(folder.path(), &["doctor", "--json", "compose.yaml", "litellm.yaml"]).await;
    let lines = bad(&ran).join("\n");
    for line in [
        "compose.yaml:9: LiteLLM refuses to start",
        "compose.yaml:14: curl is not",
        "litellm.yaml:26: disable_auth_on_health_endpoint does nothing",
    ] {
        assert!(lines.contains(line), "{lines}");
    }
}

#[tokio::test]
async fn a_broken_configuration_is_a_finding_and_files_are_looked_through_all_the_same() {
    let folder = folder(Some("{ gateways: { main: { database: 'sqlite:x.db', mod: 'apply' } } }"));
    let ran = run_in(folder.path(), &["doctor", "--json", "health.json"]).await;
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(bad(&ran)[0], "error config config.json5: the configuration cannot be used");
    assert!(says(&ran, "config", "unknown key") && says(&ran, "file", "curl"), "{ran}");
    // The latest failure alone: of (a) and (b) in the log, the tool is what is missing now.
    assert!(
        says(&ran, "file", "the health check failed 87 times in a row: the program that the health check runs"),
        "{ran}"
    );
}

#[tokio::test]
async fn without_configuration_and_files_there_is_nothing_to_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &["doctor"]).await;
    assert_eq!(ran.code, 1, "{ran}");
    assert!(ran.out.contains("there is no configuration") && ran.out.contains("config.example.json5"), "{ran}");
    let missing = run_in(folder.path(), &["doctor", "--json", "not-there.yml"]).await;
    assert_eq!(bad(&missing), ["error file not-there.yml: the file cannot be read"]);
    let help = run_in(folder.path(), &["doctor", "--help"]).await;
    assert!(help.out.contains("Exit codes: 0 nothing worse than notes, 2 warnings, 1 errors"), "{help}");
}

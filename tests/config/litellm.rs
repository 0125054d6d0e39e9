//! A LiteLLM's part of the configuration, and a gateway's process.

use super::*;

fn gateway(keys: &str) -> String {
    format!("{{ gateways: {{ proxy: {{ kind: 'litellm', {keys} }} }} }}")
}

fn with_api(keys: &str) -> String {
    gateway(&format!("api: {{ url: 'http://127.0.0.1:4000', token: 'sk-canary' }}, {keys}"))
}

#[test]
fn a_litellm_needs_its_api_and_nothing_else() {
    let loaded = parse("c.json5", &with_api("")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.notes, Vec::<String>::new());
    let proxy = &loaded.config.gateways["proxy"];
    assert_eq!(
        (proxy.kind, proxy.watches_process(), proxy.process_port()),
        (Some(GatewayKind::LiteLlm), true, Some(4000))
    );
    let shown = serde_json::to_string(&loaded.config).unwrap();
    assert!(!shown.contains("canary") && !format!("{:?}", loaded.config).contains("canary"));

    let error = refusal("c.json5", &gateway(""));
    assert!(error.contains("`gateways.proxy.api`: a LiteLLM is read by its API"), "{error}");
    for (keys, path, why) in [
        ("database: 'x.db'", "database", "encrypted"),
        ("repair: true", "repair", "no routing rows"),
        ("lease: true", "lease", "is not touched"),
        ("write: 'database'", "write", "by its API alone"),
        ("logs: { database: 'x.db' }", "logs.database", "litellm.logs"),
        ("models: { only_priced: true }", "models.only_priced", "without a price"),
        ("litellm: { timeout: '64s' }", "litellm.timeout", "at least 1m 5s"),
        ("litellm: { check: '4s' }", "litellm.check", "at least 5s"),
        ("litellm: { chat_every: '59s' }", "litellm.chat_every", "at least 1m"),
        ("litellm: { chat: ['a', 'a'] }", "litellm.chat[1]", "stands twice"),
        ("litellm: { chat: ['a,b'] }", "litellm.chat[0]", "cannot be a model's name"),
        ("litellm: { logs: { every: '249ms' } }", "litellm.logs.every", "at least 250ms"),
        ("litellm: { logs: { files: [''] } }", "litellm.logs.files[0]", "must name a file"),
        (
            "litellm: { logs: { journal: ['--file=/etc/x'] } }",
            "litellm.logs.journal[0]",
            "as systemd or docker shows it",
        ),
        ("litellm: { logs: { docker: ['../x'] } }", "litellm.logs.docker[0]", "as systemd or docker shows it"),
        ("process: { every: '0s' }", "process.every", "at least 250ms"),
        ("process: { port: 0 }", "process.port", "from 1 to 65535"),
    ] {
        let error = refusal("c.json5", &with_api(keys));
        let told = error.lines().find(|line| line.contains(&format!("`gateways.proxy.{path}`")));
        assert!(told.is_some_and(|line| line.contains(why)), "{keys}: {error}");
    }
    for (key, why) in [
        ("user: 1", "belongs to no user"),
        ("user_key: 'canary'", "as by any other"),
        ("test_channels: true", "litellm.health"),
    ] {
        let api = format!("api: {{ url: 'http://127.0.0.1:4000', token: 'sk-canary', {key} }}");
        let error = refusal("c.json5", &gateway(&api));
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn another_gateway_has_none_of_it_and_a_slip_is_guessed() {
    let error = refusal("c.json5", "{ gateways: { main: { database: 'x.db', litellm: { chat: ['a'] } } } }");
    assert!(error.contains("`gateways.main.litellm`: only a LiteLLM has these"), "{error}");
    let error = refusal("c.json5", &with_api("litellm: { chat_evry: '1h', logs: { jurnal: [] } }"));
    assert!(error.contains("did you mean `chat_every`?") && error.contains("did you mean `journal`?"), "{error}");
    let error = refusal("c.json5", &with_api("litellm: { health: 'model' }"));
    assert!(error.contains("`gateways.proxy.litellm.health`: this is none of by-model, background, off"), "{error}");
}

#[test]
fn its_master_key_may_stand_in_its_own_dotenv_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    std::fs::write(&file, "export LITELLM_MASTER_KEY='sk-canary-9' # ours\nEMPTY=\n").unwrap();
    let api =
        |name: &str| gateway(&format!("api: {{ url: 'http://[::1]:4000', token: 'file:{}#{name}' }}", file.display()));
    let loaded = parse("c.json5", &api("LITELLM_MASTER_KEY")).unwrap_or_else(|error| panic!("{error}"));
    let token = &loaded.config.gateways["proxy"].api.as_ref().unwrap().token;
    assert_eq!(token.resolve().unwrap().expose(), "sk-canary-9");
    for (name, why) in [("EMPTY", "it is empty"), ("LITELLM_KEY", "sets no variable LITELLM_KEY")] {
        let error = refusal("c.json5", &api(name));
        assert!(error.contains("`gateways.proxy.api.token`") && error.contains(why), "{error}");
    }
}

#[test]
fn a_process_is_watched_where_it_surely_is_on_this_machine() {
    for (keys, watched, port) in [
        ("api: { url: 'http://localhost:3000', token: 't' }", true, Some(3000)),
        ("api: { url: 'http://127.1.2.3', token: 't' }", true, Some(80)),
        ("api: { url: 'https://gateway.example', token: 't' }", false, Some(443)),
        ("api: { url: 'http://one-api:3000', token: 't' }, process: { watch: true }", true, Some(3000)),
        ("api: { url: 'http://localhost:3000', token: 't' }, process: { watch: false }", false, Some(3000)),
        ("database: 'x.db'", false, None),
        ("database: 'x.db', process: { port: 3001 }", true, Some(3001)),
        ("database: 'x.db', process: { watch: true }", true, None),
    ] {
        let loaded = parse("c.json5", &format!("{{ gateways: {{ a: {{ {keys} }} }} }}"));
        let gateway = &loaded.unwrap_or_else(|error| panic!("{error}")).config.gateways["a"];
        assert_eq!((gateway.watches_process(), gateway.process_port()), (watched, port), "{keys}");
    }
}

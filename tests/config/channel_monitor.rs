//! ChannelMonitor's configuration, read as it is and turned into ours.

use super::*;

#[test]
fn channel_monitors_own_example_means_apply() {
    let loaded = fixture("cm-minimal.json");
    assert_eq!(loaded.form, Form::ChannelMonitor);
    let gateway = &loaded.config.gateways["main"];
    assert_eq!((gateway.mode, gateway.kind), (Mode::Apply, None));
    assert_eq!(gateway.address().unwrap().unwrap().to_string(), "mysql://root:***@localhost:3306/oneapi");
    assert_eq!(gateway.channels.exclude, [5]);
    assert_eq!(gateway.models.exclude, ["advanced-voice"]);
    assert_eq!(gateway.models.list, ["gpt-3.5-turbo"]);
    assert_eq!(gateway.models.sources, [Source::Upstream, Source::List]);
    let probe = &loaded.config.probe;
    assert_eq!((probe.every, probe.per_key, probe.requests_per_second), (Duration::from_hours(1), 5, 5.0));
    // Its 10 s would be findings against models that think longer.
    let (minute, ten) = (Duration::from_mins(1), Duration::from_secs(10));
    assert_eq!((probe.timeout, probe.first_byte_timeout, probe.connect_timeout), (minute, minute, ten));
    assert_eq!(loaded.config.verdict, Config::default().verdict);
    for said in ["kept untouched", "`refresh`", "never written empty", "reasoning model"] {
        assert!(loaded.notes.iter().any(|note| note.contains(said)), "{said}: {:#?}", loaded.notes);
    }
}

#[test]
fn every_key_of_channel_monitor_is_read() {
    let loaded = fixture("cm-full.json");
    let gateway = &loaded.config.gateways["main"];
    assert_eq!((gateway.mode, gateway.kind), (Mode::Observe, Some(GatewayKind::OneHub)));
    let Ok(Some(DatabaseAddress::Postgres(server))) = gateway.address() else { panic!() };
    assert_eq!(server.password.expose(), "${canary} $x");
    let api = gateway.api.as_ref().unwrap();
    assert_eq!((api.url.as_str(), api.token.resolve().unwrap().expose()), ("http://127.0.0.1:3000/", "canary-token"));
    assert_eq!(gateway.channels.exclude, [5, 7]);
    assert_eq!(gateway.models.sources, [Source::List]);
    let probe = &loaded.config.probe;
    assert_eq!((probe.per_key, probe.per_host, probe.requests_per_second), (12, 12, 1.0));
    assert_eq!((probe.every, probe.timeout), (Duration::from_mins(90), Duration::from_mins(1)));
    let kuma = &loaded.config.uptime_kuma;
    let shown = |urls: &BTreeMap<String, SecretRef>| -> Vec<String> {
        urls.iter().map(|(name, url)| format!("{name} {}", url.resolve().unwrap().expose())).collect()
    };
    assert_eq!(shown(&kuma.model_url), ["gpt-4o https://kuma.example/api/push/canary1?status=up"]);
    assert_eq!(shown(&kuma.channel_url), ["1 https://kuma.example/api/push/canary2?status=up"]);
    let notify = &loaded.config.notify;
    assert_eq!(notify.language, Language::Zh);
    let mail = notify.receivers["mail"].mail.as_ref().unwrap();
    assert_eq!((mail.host.as_str(), mail.port, mail.security), ("smtp.example", Some(25), MailSecurity::Starttls));
    assert_eq!((mail.from.as_str(), mail.to.as_slice()), ("a@example.com", &["b@example.com".to_owned()][..]));
    assert_eq!(mail.username.as_deref(), Some("me"));
    assert_eq!(mail.password.as_ref().unwrap().resolve().unwrap().expose(), "canary-smtp");
    let telegram = notify.receivers["telegram"].telegram.as_ref().unwrap();
    assert_eq!(telegram.token.resolve().unwrap().expose(), "123456789:canary-bot");
    assert_eq!((telegram.chats.as_slice(), telegram.commands), (&[ChatName("-100123".to_owned())][..], false));
    for said in ["told `down` as well", "never unencrypted", "the bot only sends"] {
        assert!(loaded.notes.iter().any(|note| note.contains(said)), "{said}: {:#?}", loaded.notes);
    }
    assert!(!loaded.notes.iter().any(|note| note.contains("act on it yet")), "{:#?}", loaded.notes);

    let loaded = fixture("cm-sqlite.yaml");
    assert!(loaded.config.notify.receivers.is_empty(), "it was off");
    let gateway = &loaded.config.gateways["main"];
    assert_eq!(gateway.address().unwrap(), Some(DatabaseAddress::Sqlite("/data/one-api.db".into())));
    assert_eq!(gateway.models.sources, [Source::Channel]);
    let probe = &loaded.config.probe;
    assert_eq!((probe.every, probe.per_key, probe.requests_per_second), (Duration::from_secs(90), 3, 0.5));
}

#[test]
fn whom_channel_monitor_told_is_told_or_a_note_says_why_not() {
    let with = |key: &str, value: &str| {
        let text = format!("{{ \"time_period\": \"1h\", \"db_dsn\": \"u:p@/d\", \"{key}\": {value} }}");
        parse("config.json", &text).unwrap_or_else(|error| panic!("{text}\n{error}"))
    };
    let said = |loaded: &Loaded, what: &str| {
        assert!(loaded.notes.iter().any(|note| note.contains(what)), "{what}: {:#?}", loaded.notes);
        assert!(!loaded.notes.iter().any(|note| note.contains("canary")), "{:#?}", loaded.notes);
    };
    let urls = r#"{ "status": "enabled", "model_url": { "a": "", "b": "canary", "c": "http://k/api/push/canary" } }"#;
    let loaded = with("uptime-kuma", urls);
    assert_eq!(loaded.config.uptime_kuma.model_url.keys().collect::<Vec<_>>(), ["c"]);
    said(&loaded, "model_url of \"a\" is empty");
    said(&loaded, "model_url of \"b\" is no address");
    let off = with("uptime-kuma", &urls.replace("enabled", "disabled"));
    assert!(off.config.uptime_kuma.model_url.is_empty());

    let mail = |keys: &str| with("notification", &format!("{{ \"smtp\": {{ \"enabled\": true, {keys} }} }}"));
    let whole =
        mail(r#""host": "h", "port": 465, "username": "me@x.y", "password": "canary", "to": "a@x.y, b@x.y;c@x.y,""#);
    let sent = whole.config.notify.receivers["mail"].mail.as_ref().unwrap();
    assert_eq!((sent.security, sent.port, sent.from.as_str()), (MailSecurity::Tls, Some(465), "me@x.y"));
    assert_eq!(sent.to, ["a@x.y", "b@x.y", "c@x.y"]);
    let no_login = mail(r#""host": "h", "username": "me@x.y", "to": "a@x.y""#);
    said(&no_login, "is not logged in to");
    let sent = no_login.config.notify.receivers["mail"].mail.as_ref().unwrap();
    assert_eq!((sent.security, sent.port, sent.username.as_ref()), (MailSecurity::Starttls, None, None));
    let nobody = mail(r#""host": "h", "from": "a@x.y", "to": " , ""#);
    assert!(nobody.config.notify.receivers.is_empty());
    said(&nobody, "no mail is sent");
    assert_eq!(nobody.config.notify.language, Language::En, "nobody is told in any");

    let hook = |keys: &str| with("notification", &format!("{{ \"webhook\": {{ \"enabled\": true, {keys} }} }}"));
    let told = hook(r#""type": "telegram", "secret": "123:canary", "telegram": { "chat_id": 12345, "retry": 0 }"#);
    said(&told, "retry 0 meant that nothing was ever sent");
    let bot = told.config.notify.receivers["telegram"].telegram.as_ref().unwrap();
    assert_eq!(bot.chats, [ChatName("12345".to_owned())]);
    for (keys, why) in [
        (r#""type": "wechat", "secret": "canary""#, "is not telegram"),
        (r#""type": "telegram", "secret": "123:canary""#, "chat_id is missing"),
        (r#""type": "telegram", "telegram": { "chat_id": "1" }"#, "chat_id is missing"),
    ] {
        let loaded = hook(keys);
        assert!(loaded.config.notify.receivers.is_empty());
        said(&loaded, why);
    }
}

#[test]
fn a_mistake_in_channel_monitors_form_is_told_in_its_own_keys() {
    let with = |key: &str, value: &str| {
        let mut keys = vec![("time_period", "\"1h\""), ("db_dsn", "\"root:canary@tcp(h:1)/d\"")];
        keys.retain(|(name, _)| *name != key);
        keys.push((key, value));
        let lines: Vec<_> = keys.iter().map(|(key, value)| format!("  \"{key}\": {value},\n")).collect();
        refusal("config.json", &format!("{{\n{}}}", lines.concat()))
    };
    for (key, value, expected) in [
        ("time_period", "\"abc\"", "config.json:3:18: `time_period`: is not a duration"),
        ("time_period", "\"\"", "`time_period`: is missing"),
        ("time_period", "3600", "`time_period`: this is not a text in quotes"),
        ("db_dsn", "\"YOUR_canary_DSN\"", "config.json:3:13: `db_dsn`: this is no database address"),
        ("db_dsn", "\"/data/canary.db\"", "`db_dsn`: is no MySQL address"),
        ("db_type", "\"sqlserver\"", "config.json:4:14: `db_type`: SQL Server is not supported"),
        ("db_type", "\"postgres\"", "`db_dsn`: is a MySQL address"),
        ("oneapi_type", "\"canary\"", "`oneapi_type`: is none of"),
        (
            "exclude_modle",
            "[\"canary\"]",
            "config.json:4:3: `exclude_modle`: unknown key, did you mean `exclude_model`?",
        ),
        ("uptime_kuma", "{}", "did you mean `uptime-kuma`?"),
        ("rps", "-1", "`rps`: must not be negative"),
        ("max_concurrent", "-1", "`max_concurrent`: must not be negative"),
        ("max_concurrent", "\"canary\"", "config.json:4:21: `max_concurrent`: this is not a whole number"),
        ("timeout", "\"canary\"", "`timeout`: is not a number of seconds"),
        ("exclude_channel", "[\"canary\"]", "`exclude_channel[0]`: "),
        ("models", "\"canary\"", "`models`: this is not a list in brackets"),
        ("models", "[\"a,canary\"]", "config.json:4:13: `models`: this cannot be a model's name"),
        ("notification", "{ \"smtp\": { \"pasword\": \"canary\" } }", "did you mean `password`?"),
    ] {
        let error = with(key, value);
        assert!(error.contains(expected), "{key}: {value}\n{error}");
    }
}

#[test]
fn null_and_empty_keys_are_channel_monitors_zero_values() {
    let text = "{ time_period: '5s', db_dsn: 'u:p@/d', models: null, rps: null, uptime-kuma: null, notification: { smtp: null } }"
        .replace("uptime-kuma", "'uptime-kuma'");
    let loaded = parse("config.json", &text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.config.probe.every, Duration::from_mins(1));
    assert!(loaded.notes.iter().any(|note| note.contains("raised to 1m")));
    assert_eq!(loaded.config.gateways["main"].models.sources, [Source::Upstream]);
}

#[test]
fn a_one_hub_is_written_by_its_api_and_others_in_their_database() {
    let with = |kind: &str, keys: &str| {
        let text = format!("{{ time_period: '1h', db_dsn: 'u:p@/d', oneapi_type: '{kind}', {keys} }}");
        parse("config.json", &text).unwrap_or_else(|error| panic!("{text}\n{error}"))
    };
    let both = "base_url: ' http://hub:3000 ', system_token: 'canary'";
    let hub = with("onehub", both);
    let api = hub.config.gateways["main"].api.as_ref().unwrap();
    assert_eq!((api.url.as_str(), api.token.resolve().unwrap().expose()), ("http://hub:3000", "canary"));
    for (kind, keys, says) in [
        ("onehub", "base_url: 'http://hub:3000', system_token: ''", "both needed"),
        ("onehub", "system_token: 'canary'", "both needed"),
        ("newapi", both, "used them for a One Hub alone"),
    ] {
        let loaded = with(kind, keys);
        assert_eq!(loaded.config.gateways["main"].api, None, "{kind} {keys}");
        assert!(loaded.notes.iter().any(|note| note.contains(says)), "{kind} {keys}: {:#?}", loaded.notes);
        assert!(!loaded.notes.iter().any(|note| note.contains("canary")), "{:#?}", loaded.notes);
    }
    let text =
        "{ time_period: '1h', db_dsn: 'u:p@/d', oneapi_type: 'onehub', base_url: 'hub:3000', system_token: 'canary' }";
    let refused = parse("config.json", text).unwrap_err().to_string();
    assert!(refused.contains("`base_url`") && !refused.contains("canary"), "{refused}");
}

/// What `ChannelMonitor` publishes as its example, in both its forms, with each engine's address as its README has it.
#[test]
fn channel_monitors_published_examples_mean_the_same_when_migrated() {
    let engines = [
        ("mysql", "username:password@tcp(host:3306)/dbname", "mysql://username:***@host:3306/dbname"),
        ("sqlite", "/path/to/database.db", "sqlite:/path/to/database.db"),
        (
            "postgres",
            "host=host port=5432 user=username password=password dbname=dbname sslmode=disable",
            "postgres://username:***@host:5432/dbname",
        ),
    ];
    for (engine, dsn, shown) in engines {
        let filled = ["json", "yaml"].map(|form| {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(format!("config.{form}"));
            let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/config/cm-example.{form}"));
            let text = std::fs::read_to_string(example).unwrap();
            std::fs::write(&file, text.replace("YOUR_DB_TYPE", engine).replace("YOUR_DB_DSN", dsn)).unwrap();
            let theirs = config::load(&file).unwrap_or_else(|error| panic!("{form} {engine}: {error}"));
            let text = config::migrate(&file).unwrap();
            let ours = parse("config.json5", &text).unwrap_or_else(|error| panic!("{text}\n{error}"));
            assert_eq!((theirs.form, ours.form), (Form::ChannelMonitor, Form::Ours));
            assert_eq!(ours.config, theirs.config, "{form} {engine}: {text}");
            ours.config
        });
        assert_eq!(filled[0], filled[1], "both forms say the same");
        let config = &filled[0];
        let gateway = &config.gateways["main"];
        assert_eq!(gateway.address().unwrap().unwrap().to_string(), shown);
        assert_eq!((gateway.mode, gateway.kind, &gateway.api), (Mode::Apply, None, &None));
        assert_eq!(gateway.channels.exclude, [5]);
        let kept = ["advanced-voice", "minimax_s2v-01", "minimax_video-01", "minimax_video-01-live2d"];
        assert_eq!(gateway.models.exclude, kept);
        assert_eq!(gateway.models.list, ["gpt-3.5-turbo", "gpt-4o"]);
        assert_eq!(gateway.models.sources, [Source::Upstream, Source::List]);
        let probe = &config.probe;
        assert_eq!((probe.every, probe.per_key, probe.requests_per_second), (Duration::from_hours(1), 5, 5.0));
        assert!(config.notify.receivers.is_empty() && config.uptime_kuma.model_url.is_empty(), "both are off in it");
    }
    for form in ["json", "yaml"] {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/config/cm-example.{form}"));
        let unfilled = config::load(&example).unwrap_err().to_string();
        assert!(unfilled.contains("`db_type`: is none of mysql, postgres, sqlite"), "{form}: {unfilled}");
    }
}

#[test]
fn a_migrated_configuration_means_the_same() {
    for name in ["cm-minimal.json", "cm-full.json", "cm-sqlite.yaml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(name);
        let text = config::migrate(&path).unwrap();
        let again = parse("config.json5", &text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        let before = fixture(name);
        assert_eq!(again.form, Form::Ours);
        assert_eq!(again.config, before.config, "{text}");
        for note in before.notes {
            assert!(text.contains(&note), "{note}");
        }
        assert!(text.contains("// time_period\n") && text.contains("// db_dsn\n"), "{text}");
    }
    let file = tempfile::Builder::new().suffix(".json5").tempfile().unwrap();
    std::fs::write(file.path(), "{ gateways: { a: { database: '/x.db' } } }").unwrap();
    let error = config::migrate(file.path()).unwrap_err();
    assert!(error.to_string().contains("nothing to migrate"), "{error}");
}

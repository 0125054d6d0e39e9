//! Every sample of a real log, byte for byte.

use std::fs;
use std::path::PathBuf;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/litellm/samples")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(samples().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn clock() -> Clock {
    Clock { now: "2026-11-21T04:00:00Z".parse().unwrap(), since: None, zone: TimeZone::UTC }
}

fn read(log: &[u8]) -> Vec<LogFailure> {
    let (mut failures, mut found) = (Failures::new(vec![], None), vec![]);
    for line in log.split(|byte| *byte == b'\n') {
        found.extend(failures.line(line, (), None, &clock()));
    }
    found.extend(failures.finish(&clock()));
    found
}

/// What a sample's request is to come out as, by the end of its name: the table of the field's facts.
fn class_of(name: &str) -> Option<Class> {
    const TABLE: [(&str, &[&str]); 7] = [
        ("credits", &["nocredit", "lowcredit", "keylimit", "noquota", "lowbal", "midstream", "pair-credit"]),
        ("auth", &["badkey", "gpt-nokey", "pair-auth"]),
        ("server", &["boom", "overload", "htmlgw", "err200", "refused", "nodns", "hang"]),
        ("rate", &["limited"]),
        ("config", &["gone", "unknown-model"]),
        ("blocked", &["blk-cfg"]),
        ("proxy-auth", &["no-key", "wrong-key"]),
    ];
    let name = unnumbered(name);
    let found = TABLE.iter().find(|(_, ends)| ends.iter().any(|end| name.ends_with(end)));
    found.and_then(|(class, _)| Class::parse(class))
}

/// The public name that the sample's request asked for, where the log tells it.
fn model_of(name: &str) -> &str {
    match name {
        "block-blk-cfg" | "chat-no-key" | "chat-wrong-key" | "chat-unknown-model" | "chat-stream-midstream" => "",
        "chat-stream-nocredit" => "or-nocredit",
        _ => {
            let (_, rest) = name.split_once('-').unwrap();
            unnumbered(rest)
        }
    }
}

/// Without the `-2` of a repeated request.
fn unnumbered(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((before, number)) if number.parse::<u8>().is_ok() => before,
        Some(_) | None => name,
    }
}

#[test]
fn each_failing_request_of_the_samples_is_one_failure() {
    let mut failed = 0;
    for entry in fs::read_dir(samples()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".log.txt") else { continue };
        let found = read(&sample(&file));
        let healthy = name.starts_with("health") || class_of(name).is_none();
        if healthy {
            assert_eq!(found, [], "{name}");
            continue;
        }
        failed += 1;
        // What the user got, and the request's number, stand in the answer.
        let answer = String::from_utf8_lossy(&sample(&format!("{name}.http.txt"))).into_owned();
        let status: u16 = answer.strip_prefix("HTTP ").unwrap()[..3].parse().unwrap();
        let call = answer.lines().find_map(|line| line.strip_prefix("x-litellm-call-id: "));
        let [failure] = found.as_slice() else { panic!("{name}: {found:#?}") };
        let stream = name.ends_with("midstream");
        assert_eq!(Some(failure.class), class_of(name), "{name}: {failure:#?}");
        assert_eq!(failure.model, model_of(name), "{name}");
        assert_eq!(failure.status, Some(status), "{name}");
        // A stream's record, and that of a refused key, has no number.
        let numberless = stream || failure.class == Class::ProxyAuth;
        assert_eq!(failure.call, if numberless { "" } else { call.unwrap() }, "{name}");
        assert!(!failure.detail.is_empty() && !failure.detail.contains(['\n', '\u{1b}']), "{name}: {}", failure.detail);
        assert!(!failure.detail.contains("sk-"), "{name}: {}", failure.detail);
        assert!(clock().now.duration_since(failure.at) < SignedDuration::from_mins(30), "{name}: {}", failure.at);
    }
    assert_eq!(failed, 42);
}

/// Class, name, status, the first letters of the call's id.
fn short(found: &[LogFailure]) -> Vec<String> {
    let status = |failure: &LogFailure| failure.status.map_or("-".to_owned(), |status| status.to_string());
    let row = |f: &LogFailure| format!("{} {} {} {}", f.class, f.model, status(f), f.call.get(..8).unwrap_or("-"));
    found.iter().map(row).collect()
}

#[test]
fn whole_logs_of_one_run() {
    let info = ["credits or-nocredit 402 b8324915", "auth gpt-badkey 401 41720c92"];
    assert_eq!(short(&read(&sample("log-info-stderr.txt"))), info);
    // What the router says at INFO is no failure of its own.
    assert_eq!(short(&read(&sample("log-info-stdout.txt"))), Vec::<String>::new());
    // Our looks at its health without a key, and with a wrong one, are no user's request.
    for quiet in ["log-background.txt", "log-noprisma-plain.txt", "log-json-stdout.txt"] {
        assert_eq!(short(&read(&sample(quiet))), Vec::<String>::new(), "{quiet}");
    }
    let json = [
        "credits or-nocredit 402 d7db9907",
        "auth gpt-badkey 401 2bfefd53",
        "rate gpt-limited 429 14c057b1",
        "config gpt-gone 404 91a14416",
        "credits  200 -",
    ];
    let found = read(&sample("log-json-stderr.txt"));
    assert_eq!(short(&found), json);
    assert_eq!(found[0].at, "2026-11-21T03:52:23.667344Z".parse().unwrap());
}

#[test]
fn both_streams_and_both_forms_in_one() {
    // stdout's access lines behind stderr's records, as docker and the journal have them.
    let json = |name: &str| String::from_utf8(sample(name)).unwrap();
    let (errors, answers) = (json("log-json-stderr.txt"), json("log-json-stdout.txt"));
    let by_time = |line: &&str| line.split_once("\"timestamp\": \"").map(|(_, at)| at[..26].to_owned());
    let mut lines: Vec<&str> = errors.lines().chain(answers.lines()).filter(|line| line.starts_with('{')).collect();
    lines.sort_by_key(by_time);
    let mut mixed = sample("chat-gpt-boom.log.txt");
    mixed.extend_from_slice(lines.join("\n").as_bytes());
    mixed.extend_from_slice(b"\n\xff\xfe junk {\n{\"message\": 1}\n{\n");
    mixed.extend_from_slice(&sample("chat-no-key.log.txt"));
    assert_eq!(
        short(&read(&mixed)),
        [
            "server gpt-boom 500 0834612e",
            "credits or-nocredit 402 d7db9907",
            "auth gpt-badkey 401 2bfefd53",
            "rate gpt-limited 429 14c057b1",
            "config gpt-gone 404 91a14416",
            "credits  200 -",
            "proxy-auth  401 -",
        ]
    );
}

#[test]
fn older_versions_have_colours_and_no_numbers_and_say_it_twice() {
    let record = "\x1b[92m03:40:50 - LiteLLM Proxy:ERROR\x1b[0m: proxy_server.py:3011 - litellm.proxy.proxy_server.\
        chat_completion(): Exception occured - litellm.APIError: APIError: OpenrouterException - \
        {\"error\":{\"message\":\"Insufficient credits\",\"code\":402}}. Received Model Group=or-x\n\
        Available Model Group Fallbacks=None\nTraceback (most recent call last):\n  File \"x\"\n";
    let access = "\x1b[32mINFO\x1b[0m:     10.0.0.7:1 - \"\x1b[1mPOST /v1/chat/completions HTTP/1.1\x1b[0m\" \x1b[31m402 Payment Required\x1b[0m\n";
    let one = ["credits or-x 402 -"];
    assert_eq!(short(&read(record.as_bytes())), one);
    assert_eq!(short(&read(format!("{record}{record}{access}").as_bytes())), one);
    // Another request in the same second is another failure.
    assert_eq!(short(&read(format!("{record}{access}{record}{access}").as_bytes())).len(), 2);
}

#[test]
fn a_busy_proxys_next_answer_is_not_taken_for_another_requests() {
    let mut log = sample("chat-or-nocredit.log.txt");
    let end = log.windows(6).rposition(|part| part == b"INFO: ").unwrap();
    log.truncate(end);
    for (answered, status) in [
        ("POST /v1/chat/completions HTTP/1.1\" 200 OK", Some(402)),
        ("POST /v1/chat/completions HTTP/1.1\" 404 Not Found", Some(402)),
        ("GET /health?model=x HTTP/1.1\" 503 Service Unavailable", Some(402)),
        ("POST /v1/messages HTTP/1.1\" 402 Payment Required", Some(402)),
    ] {
        let log = [log.as_slice(), format!("INFO:     1.2.3.4:5 - \"{answered}\n").as_bytes()].concat();
        assert_eq!(read(&log)[0].status, status, "{answered}");
    }
}

#[test]
fn a_rest_tells_its_name_and_what_is_asked_for_behind_it_is_no_record() {
    let log = "22:23:52 - LiteLLM Proxy:ERROR: common_request_processing.py:1687 - litellm.proxy.proxy_server.\
        _handle_llm_api_exception(): Exception occured - litellm_call_id=c9e63472-2229-4cbb-9184-a6f5e73c449d - \
        No deployments available for selected model, Try again in 5 seconds. All deployments for selected model are in \
        cooldown. Passed model=m-bad. pre-call-checks=False, cooldown_list=['dbf0']\nTraceback (most recent call last):\n\
        22:23:52 - LiteLLM Proxy:ERROR: common_request_processing.py:3816 - This looks like a bug in LiteLLM rather than \
        in your request. File it with one click\n\
        INFO:     127.0.0.1:41166 - \"POST /v1/chat/completions HTTP/1.1\" 429 Too Many Requests\n";
    assert_eq!(short(&read(log.as_bytes())), ["masked m-bad 429 c9e63472"]);
}

#[test]
fn what_an_upstream_says_is_not_believed_to_be_the_proxys() {
    let text = "03:40:50 - LiteLLM Proxy:ERROR: c.py:1 - litellm.proxy.proxy_server._handle_llm_api_exception(): Exception \
        occured - litellm_call_id=real - litellm.NotFoundError: OpenAIException - litellm_call_id=false - \u{202e}no\u{7} \
        sk-abcdefghijkl master-key-1\nLiteLLM: model group 'false' failed with the error above.\n\
        LiteLLM: model group 'it's' failed with the error above. No fallback was attempted.\n\
        Traceback (most recent call last):\nLiteLLM: model group 'stack' failed with the error above.\n";
    let mut failures = Failures::new(vec![Secret::new("master-key-1")], None);
    for line in text.lines() {
        assert_eq!(failures.line(line.as_bytes(), (), None, &clock()), None);
    }
    let failure = failures.finish(&clock()).unwrap();
    assert_eq!((failure.call.as_str(), failure.model.as_str(), failure.class), ("real", "it's", Class::Config));
    assert!(!failure.detail.contains("abcdefghijkl") && !failure.detail.contains("master-key"), "{}", failure.detail);
    assert!(!failure.detail.chars().any(|c| c.is_control() || c == '\u{202e}'), "{}", failure.detail);
}

#[test]
fn a_time_of_day_is_the_latest_such_time() {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let now: Timestamp = "2026-11-21T04:00:00Z".parse().unwrap();
    let record = |when| Record { when, level: "ERROR".into(), words: String::new(), group: None, call: None };
    let at = |when, since: Option<&str>| {
        let since = since.map(|since| since.parse().unwrap());
        resolve(&record(when), &Clock { now, since, zone: zone.clone() }).to_string()
    };
    let clock = |hour, minute| When::Clock(jiff::civil::time(hour, minute, 0, 0));
    // 12:00 in Shanghai.
    assert_eq!(at(clock(11, 59), None), "2026-11-21T03:59:00Z");
    assert_eq!(at(clock(12, 30), None), "2026-11-20T04:30:00Z");
    // A clock that is a little ahead is not of yesterday, and nothing is of later than now.
    assert_eq!(at(clock(12, 1), None), "2026-11-21T04:00:00Z");
    // What was just written was not written hours ago: the log's zone is another one.
    assert_eq!(at(clock(3, 59), Some("2026-11-21T03:59:58Z")), "2026-11-21T04:00:00Z");
    assert_eq!(at(clock(11, 58), Some("2026-11-21T03:57:00Z")), "2026-11-21T03:58:00Z");
    let local = date(2026, 11, 20).at(9, 0, 0, 0);
    assert_eq!(at(When::Local(local), None), "2026-11-20T01:00:00Z");
    assert_eq!(
        at(When::Exact(local.in_tz("UTC").unwrap().timestamp()), Some("2026-11-21T04:00:00Z")),
        "2026-11-20T09:00:00Z"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_stop_it(lines in proptest::collection::vec(hostile(), 0..40)) {
        for failure in read(&lines.concat()) {
            prop_assert!(failure.detail.chars().count() <= 301 && failure.model.chars().count() <= 256);
            prop_assert!(failure.at <= clock().now);
        }
    }
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let start = "03:40:50 - LiteLLM Proxy:ERROR: c.py:1 - litellm.proxy.x(): Exception occured - ";
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        ".{0,60}".prop_map(move |text| format!("{start}{text}\n").into_bytes()),
        ".{0,40}".prop_map(|text| format!("LiteLLM: model group '{text}' failed with the error above\n").into_bytes()),
        ".{0,40}".prop_map(|text| format!("INFO:     {text} - \"POST /{text} HTTP/1.1\" 4{text}\n").into_bytes()),
        Just(b"{\"message\":\"a\",\"level\":\"ERROR\",\"timestamp\":\"2026-11-21T03:52:23\"}\n".to_vec()),
        Just(vec![b'\n']),
    ]
}

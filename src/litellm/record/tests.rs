use super::*;

fn read(log: &str) -> Vec<Closed> {
    let mut records = Records::default();
    let mut found: Vec<Closed> = log.lines().filter_map(|line| records.line(line.as_bytes(), (), None)).collect();
    found.extend(records.finish());
    found
}

#[test]
fn a_record_lasts_until_the_next_one_or_an_answer() {
    let log = "junk\n03:40:50 - LiteLLM Proxy:ERROR: a.py:1 - one\ntwo\n\nLiteLLM: model group 'g' failed with the error above.\n\
        Traceback (most recent call last):\n  File\n03:40:51 - LiteLLM:INFO: utils.py:4706 - \n\
        INFO:     127.0.0.1:1 - \"GET /v1/models?x=1 HTTP/1.1\" 200 OK\nLiteLLM: model group 'h' failed with the error above\n";
    let found = read(log);
    let words: Vec<_> =
        found.iter().map(|closed| (closed.record.words.as_str(), closed.record.group.as_deref())).collect();
    assert_eq!(words, [("one\ntwo\n", Some("g")), ("", None)]);
    assert_eq!(found[0].access, None);
    let access = Access { method: "GET".into(), path: "/v1/models".into(), status: 200 };
    assert_eq!(found[1].access, Some(access));
    assert!(!found[1].access.as_ref().unwrap().asks_a_model());
}

#[test]
fn what_looks_like_a_record_and_is_none() {
    for line in [
        "03:40:50 - LiteLLM Proxy:ERROR: no place - words",
        "03:40:50 - LiteLLM Proxy:NOISE: a.py:1 - words",
        "33:40:50 - LiteLLM Proxy:ERROR: a.py:1 - words",
        "03:40:50 - Other:ERROR: a.py:1 - words",
        "03:40:5é - LiteLLM Proxy:ERROR: a.py:1 - words",
        "{\"message\":\"x\",\"level\":\"ERROR\",\"timestamp\":7}",
        "{\"message\":\"x\",\"timestamp\":\"2026-11-21T03:52:23\"}",
        "{\"message\":",
    ] {
        assert_eq!(read(line), [], "{line}");
    }
}

#[test]
fn a_record_is_kept_in_part() {
    let padding = "é".repeat(20_000);
    let log = format!(
        "03:40:50 - LiteLLM Proxy:ERROR: a.py:1 - {padding}\n{padding}\nLiteLLM: model group 'g' failed with the error above\n"
    );
    let found = read(&log);
    assert!(found[0].record.words.len() <= WORDS + 2, "{}", found[0].record.words.len());
    assert_eq!(found[0].record.group.as_deref(), Some("g"));
}

#[test]
fn docker_cuts_long_lines_and_each_stream_has_its_own() {
    let mut docker = Docker::default();
    let line = |log: &str, stream: &str| {
        serde_json::json!({"log": log, "stream": stream, "time": "2026-11-21T03:40:50.123456789Z"}).to_string()
    };
    assert_eq!(docker.line(line("first ", "stderr").as_bytes(), 1), None);
    let (at, _, said) = docker.line(line("between\n", "stdout").as_bytes(), 2).unwrap();
    assert_eq!((at, said.as_slice()), (2, b"between".as_slice()));
    assert_eq!(docker.line(b"junk", 3), None);
    assert_eq!(docker.begins(), Some(&1));
    let (at, time, said) = docker.line(line("second\n", "stderr").as_bytes(), 4).unwrap();
    assert_eq!((at, said.as_slice()), (1, b"first second".as_slice()));
    assert_eq!(time.to_string(), "2026-11-21T03:40:50.123456789Z");
    assert_eq!(docker.begins(), None);
}

#[test]
fn the_journal_tells_texts_and_bytes() {
    let entry =
        journal(br#"{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1795000000123456","MESSAGE":"words"}"#).unwrap();
    assert_eq!((entry.cursor.as_str(), entry.message.as_slice()), ("s=1;i=2", b"words".as_slice()));
    assert_eq!(entry.at.as_microsecond(), 1_795_000_000_123_456);
    let bytes = journal(br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1","MESSAGE":[27,91,255]}"#).unwrap();
    assert_eq!(bytes.message, [27, 91, 255]);
    assert_eq!(journal(b"-- No entries --"), None);
    assert_eq!(journal(br#"{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1","MESSAGE":null}"#), None);
}

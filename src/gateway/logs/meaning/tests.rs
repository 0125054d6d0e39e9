use serde_json::json;

use super::*;

const KINDS: [GatewayKind; 5] =
    [GatewayKind::OneApi, GatewayKind::NewApi, GatewayKind::Veloera, GatewayKind::OneHub, GatewayKind::DoneHub];
const AT: i64 = 1_700_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn name(text: &str) -> ModelName {
    ModelName::parse(text).unwrap()
}

/// A request that was answered and paid.
fn paid() -> LogRow {
    LogRow {
        id: 1,
        created: AT,
        type_number: 2,
        channel: 7,
        model: "gpt-x".to_owned(),
        token: "somebody's".to_owned(),
        content: "模型倍率 15.00，分组倍率 1.00".to_owned(),
        quota: 30,
        prompt_tokens: 10,
        completion_tokens: 20,
        other: String::new(),
    }
}

fn error(status: u16, code: &str) -> LogRow {
    let other = json!({ "status_code": status, "error_type": "openai_error", "error_code": code, "channel_id": 7 });
    let (content, other) = (format!("status_code={status}, bad key sk-abcdef123456"), other.to_string());
    LogRow { type_number: 5, quota: 0, prompt_tokens: 0, completion_tokens: 0, content, other, ..paid() }
}

fn said(kind: GatewayKind, row: &LogRow) -> Option<Came> {
    witness(kind, row, at(AT + 100)).map(|witnessed| {
        assert_eq!((witnessed.channel, witnessed.model.as_str()), (7, row.model.trim()));
        witnessed.came
    })
}

#[test]
fn an_answered_request_worked_in_every_gateway() {
    let with = |other: Value| LogRow { other: other.to_string(), ..paid() };
    let embedding = |model: &str| LogRow { model: model.to_owned(), completion_tokens: 0, ..paid() };
    for kind in KINDS {
        for row in [
            paid(),
            LogRow { quota: 0, ..paid() },
            with(json!({"stream_status": {"status": "ok"}, "frt": 300, "is_model_mapped": true})),
            embedding("text-embedding-3-small"),
            embedding("BAAI/bge-m3"),
            embedding("jina-Reranker-v2"),
        ] {
            assert_eq!(said(kind, &row), Some(Came::Worked(at(AT))), "{kind} {row:?}");
        }
    }
}

#[test]
fn what_does_not_surely_say_anything_says_nothing() {
    let nothing = LogRow { quota: 0, prompt_tokens: 0, completion_tokens: 0, ..paid() };
    let with = |other: &str| LogRow { other: other.to_owned(), ..paid() };
    let content = |content: &str| LogRow { content: content.to_owned(), ..paid() };
    for kind in KINDS {
        for row in [
            nothing.clone(),
            LogRow { completion_tokens: 0, ..paid() },
            LogRow { model: "text-embedding-3-small".to_owned(), ..nothing.clone() },
            content("（可能是上游超时）"),
            content("上游没有返回计费信息，无法扣费"),
            with(r#"{"stream_status":{"status":"error","end_reason":"scanner_err"}}"#),
            with(r#"{"violation_fee":true,"violation_fee_code":"x"}"#),
            with("{"),
            content("模型测试"),
            LogRow { token: "模型测试".to_owned(), ..paid() },
            LogRow { channel: 0, ..paid() },
            LogRow { model: String::new(), ..paid() },
            LogRow { type_number: 6, ..paid() },
            LogRow { type_number: 1, ..paid() },
            LogRow { token: "模型测试".to_owned(), ..error(500, "") },
            LogRow { other: String::new(), ..error(500, "") },
            // One API's test, Veloera's check-in.
            LogRow { type_number: 5, content: "渠道 plain 测试成功，响应：hi".to_owned(), ..paid() },
        ] {
            assert_eq!(said(kind, &row), None, "{kind} {row:?}");
        }
    }
}

#[test]
fn an_error_counts_only_in_new_api_and_only_if_it_may_be_the_models_fault() {
    for (status, code) in [
        (401, "invalid_api_key"),
        (403, "model_not_found"),
        (404, ""),
        (404, "model_not_found"),
        (400, "model_not_found"),
        (500, "do_request_failed"),
        (500, "empty_response"),
        (502, "bad_response_status_code"),
        (503, "model_not_found"),
        (504, ""),
        (524, ""),
    ] {
        let row = error(status, code);
        let detail = format!("status_code={status}, bad key ***");
        let failure = TrafficFailure { at: at(AT), status: Some(status), detail };
        assert_eq!(said(GatewayKind::NewApi, &row), Some(Came::Failed(failure)), "{status} {code}");
        for kind in KINDS.into_iter().filter(|kind| *kind != GatewayKind::NewApi) {
            assert_eq!(said(kind, &row), None, "{kind}");
        }
    }
    for (status, code) in [
        (400, "context_length_exceeded"),
        (400, ""),
        (402, ""),
        (413, "read_request_body_failed"),
        (422, ""),
        (429, ""),
        (429, "model_not_found"),
        (529, "overloaded_error"),
        (500, "sensitive_words_detected"),
        (500, "convert_request_failed"),
        (500, "channel:model_mapped_error"),
        (500, "channel:no_available_key"),
        (403, "violation_fee.grok.csam"),
        (200, ""),
    ] {
        assert_eq!(said(GatewayKind::NewApi, &error(status, code)), None, "{status} {code}");
    }
}

#[test]
fn a_clock_ahead_of_ours_makes_nothing_fresh_for_longer() {
    let now = at(AT - 50);
    let came = witness(GatewayKind::NewApi, &paid(), now).map(|witnessed| witnessed.came);
    assert_eq!(came, Some(Came::Worked(now)));
    // Far ahead nobody knows how old it is: read again after a pause, a success of an hour ago would be of now.
    let now = at(AT - 61);
    assert_eq!(witness(GatewayKind::NewApi, &paid(), now), None);
    let failed = witness(GatewayKind::NewApi, &error(500, ""), now).map(|witnessed| witnessed.came);
    assert!(matches!(failed, Some(Came::Failed(failure)) if failure.at == now), "it only has it asked");
    assert_eq!(witness(GatewayKind::NewApi, &LogRow { created: i64::MAX, ..paid() }, now), None);
}

#[test]
fn a_name_is_found_as_the_gateway_logs_it() {
    let traffic: HashMap<_, _> = [("alias", 1), ("real", 2), ("plus", 3)]
        .map(|(model, second)| (name(model), Traffic { worked: Some(at(second)), failed: None }))
        .into();
    let pairs = [("alias", "real"), ("plus", "other"), ("c", "b"), ("b", "real")];
    let mapping = Mapping(pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).into());
    let found = |kind, model: &str| {
        traffic_of(kind, &mapping, &traffic, &name(model)).and_then(|traffic| Some(traffic.worked?.as_second()))
    };
    for (kind, alias, plus) in [
        (GatewayKind::NewApi, Some(1), Some(3)),
        (GatewayKind::Veloera, Some(1), Some(3)),
        (GatewayKind::OneApi, Some(2), None),
        (GatewayKind::OneHub, Some(1), Some(3)),
        (GatewayKind::DoneHub, Some(1), Some(3)),
    ] {
        assert_eq!((found(kind, "alias"), found(kind, "plus")), (alias, plus), "{kind}");
        assert_eq!((found(kind, "real"), found(kind, "nobody")), (Some(2), None), "{kind}");
    }
    assert_eq!(found(GatewayKind::OneHub, "b"), Some(2), "mapped, and logged as that");
    assert_eq!(found(GatewayKind::NewApi, "b"), None);
}

use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::super::{Finding, classify};
use super::*;
use crate::http::Reply;
use crate::model::{Dialect, Mark, Outcome};

fn asked(dialect: Dialect, shape: Shape) -> Asked<'static> {
    Asked { host: "upstream.test", dialect, shape }
}

fn found(asked: Asked<'_>, body: &str) -> Finding {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, "text/event-stream".parse().unwrap());
    let body = body.as_bytes().to_vec();
    classify(&asked, &Ok(Reply { status: 200, headers, body, truncated: false, latency: std::time::Duration::ZERO }))
}

/// A whole stream of each dialect that says 103 after thinking "hm".
pub(in crate::probe) fn streams() -> Vec<(Asked<'static>, String)> {
    let sse = |events: &[&str]| events.iter().map(|event| format!("data: {event}\n\n")).collect::<Vec<_>>().concat();
    let named = |events: &[&str]| {
        let kind = |event: &str| serde_json::from_str::<Value>(event).unwrap()["type"].as_str().unwrap().to_owned();
        events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", kind(event))).collect::<Vec<_>>().concat()
    };
    let (openai, chat) = (Dialect::OpenAi, Shape::LimitedStream);
    vec![
        (
            asked(openai, chat),
            format!(
                ": keep-alive\r\n\r\ndata: \r\n\r\n{}data: [DONE]\n\n",
                sse(&[
                    r#"{"model":"m","choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
                    r#"{"model":"m","choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
                    r#"{"model":"m","choices":[{"delta":{"content":"1"}}]}"#,
                    r#"{"model":"m","choices":[{"delta":{"content":"03"}}]}"#,
                    r#"{"model":"m","choices":[{"delta":{},"finish_reason":"stop"}]}"#,
                    r#"{"model":"m","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":3}}"#,
                ])
            ),
        ),
        (
            asked(openai, Shape::Responses),
            named(&[
                r#"{"type":"response.created","response":{"object":"response","model":"m","status":"in_progress","error":null,"output":[]}}"#,
                r#"{"type":"response.reasoning_summary_text.delta","delta":"hm"}"#,
                r#"{"type":"response.output_text.delta","delta":"1"}"#,
                r#"{"type":"response.output_text.delta","delta":"03"}"#,
                r#"{"type":"response.completed","response":{"object":"response","model":"m","status":"completed","error":null,"output":[{"type":"reasoning","summary":[{"text":"hm"}]},{"type":"message","content":[{"type":"output_text","text":"103"}]}],"usage":{"input_tokens":20,"output_tokens":3}}}"#,
            ]),
        ),
        (
            asked(Dialect::Anthropic, chat),
            named(&[
                r#"{"type":"message_start","message":{"type":"message","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":20,"output_tokens":1}}}"#,
                r#"{"type":"ping"}"#,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
                r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#,
                r#"{"type":"content_block_delta","delta":{"type":"signature_delta","signature":"x"}}"#,
                r#"{"type":"content_block_stop","index":0}"#,
                r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"103"}}"#,
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#,
                r#"{"type":"message_stop"}"#,
            ]),
        ),
        (
            asked(Dialect::Gemini, chat),
            sse(&[
                r#"{"modelVersion":"m","candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}"#,
                r#"{"modelVersion":"m","candidates":[{"content":{"parts":[{"text":"103"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":20,"candidatesTokenCount":1,"thoughtsTokenCount":2}}"#,
            ]),
        ),
        (
            asked(Dialect::Gemini, chat),
            r#"[{"modelVersion":"m","candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}
,{"candidates":[{"content":{"parts":[{"text":"103"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":20,"candidatesTokenCount":3}}]"#.to_owned(),
        ),
        (
            asked(Dialect::Cohere, chat),
            named(&[
                r#"{"type":"message-start","delta":{"message":{"role":"assistant","content":[]}}}"#,
                r#"{"type":"content-delta","delta":{"message":{"content":{"thinking":"hm"}}}}"#,
                r#"{"type":"content-delta","delta":{"message":{"content":{"text":"103"}}}}"#,
                r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":20,"output_tokens":3}}}}"#,
            ]),
        ),
        (
            asked(Dialect::Ollama, chat),
            [
                r#"{"model":"m","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
                r#"{"model":"m","message":{"role":"assistant","content":"103"},"done":false}"#,
                r#"{"model":"m","message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":20,"eval_count":3}"#,
            ]
            .join("\n"),
        ),
    ]
}

#[test]
fn every_dialects_events_add_up_to_the_answer_they_would_have_been() {
    for (asked, body) in streams() {
        let finding = found(asked, &body);
        assert_eq!((finding.outcome, finding.marks), (Outcome::Works, vec![]), "{body}");
        let said = finding.said.unwrap();
        assert_eq!((said.text.as_str(), said.reasoning.as_str(), &said.finish), ("103", "hm", &Finish::Stop), "{body}");
        assert_eq!((said.prompt_tokens, said.completion_tokens), (Some(20), Some(3)), "{body}");
    }
}

#[test]
fn the_pieces_do_not_matter() {
    let mut random = fastrand::Rng::with_seed(11);
    for (asked, body) in streams() {
        let body = body.as_bytes();
        let mut whole = Events::new(asked);
        whole.advance(body);
        for _ in 0..50 {
            let mut pieces = Events::new(asked);
            let mut at = 0;
            while at < body.len() {
                at += random.usize(1..=body.len() - at);
                pieces.advance(&body[..at]);
            }
            assert_eq!(pieces, whole);
        }
    }
}

#[test]
fn the_first_token_is_no_role_no_comment_and_no_keep_alive() {
    let mut events = Events::new(asked(Dialect::OpenAi, Shape::LimitedStream));
    let mut body = String::new();
    let mut steps = vec![];
    for piece in [
        ": OPENROUTER PROCESSING\n\n",
        "data: \n\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"<th\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"ink>hm\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"</think>\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"103\"}}]}\n\n",
        "data: [DONE]\n\n",
    ] {
        body.push_str(piece);
        events.advance(body.as_bytes());
        steps.push((events.heard > 0, events.said.has_token(), events.said.has_answer(), events.is_over()));
    }
    let (f, t) = (false, true);
    assert_eq!(
        steps,
        [
            (f, f, f, f),
            (f, f, f, f),
            (t, f, f, f),
            (t, t, f, f),
            (t, t, f, f),
            (t, t, f, f),
            (t, t, t, f),
            (t, t, t, t)
        ]
    );
}

#[test]
fn a_stream_without_a_limit_is_cut_after_a_thought_or_a_few_words() {
    let enough = |shape, body: &str| {
        let mut events = Events::new(asked(Dialect::OpenAi, shape));
        events.advance(body.as_bytes());
        events.is_enough()
    };
    let says =
        |field: &str, text: &str| format!("data: {{\"choices\":[{{\"delta\":{{\"{field}\":\"{text}\"}}}}]}}\n\n");
    assert!(!enough(Shape::Stream, &says("content", "103")));
    assert!(enough(Shape::Stream, &says("content", &"x".repeat(ENOUGH))));
    assert!(enough(Shape::Stream, &says("reasoning", "hm")));
    assert!(!enough(Shape::LimitedStream, &says("reasoning", "hm")));
}

#[test]
fn what_breaks_a_stream_is_told_apart() {
    let chunk = r#"data: {"choices":[{"delta":{"content":"1"}}]}"#;
    let (openai, claude) =
        (asked(Dialect::OpenAi, Shape::LimitedStream), asked(Dialect::Anthropic, Shape::LimitedStream));
    let responses = asked(Dialect::OpenAi, Shape::Responses);
    let ollama = asked(Dialect::Ollama, Shape::LimitedStream);
    for (asked, body, outcome, marks) in [
        // The connection was closed: after a token, before any, with nothing at all.
        (openai, format!("{chunk}\n\n"), Outcome::Works, vec![Mark::CutOff]),
        (openai, chunk.to_owned(), Outcome::Works, vec![Mark::CutOff]),
        (openai, "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n".to_owned(), Outcome::Empty, vec![]),
        (openai, ": ping\n\n: ping\n\n".to_owned(), Outcome::Empty, vec![]),
        (openai, "data: [DONE]\n\n".to_owned(), Outcome::Empty, vec![]),
        (openai, "data: {\"choices\":[],\"usage\":{\"completion_tokens\":0}}\n\ndata: [DONE]\n\n".to_owned(), Outcome::Empty, vec![]),
        (openai, "data: {\"hello\":\"world\"}\n\n".to_owned(), Outcome::Suspect, vec![]),
        // An error in mid-stream is what it would have been as a status.
        (openai, format!("{chunk}\n\ndata: {{\"error\":{{\"code\":502,\"message\":\"died\"}},\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"error\"}}]}}\n\n"), Outcome::Busy, vec![]),
        (openai, format!("{chunk}\n\ndata: {{\"error\":{{\"code\":\"insufficient_quota\",\"message\":\"You exceeded your current quota\"}}}}\n\n"), Outcome::KeyBroke, vec![]),
        (claude, "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n".to_owned(), Outcome::Busy, vec![]),
        (responses, "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\",\"param\":null}\n\n".to_owned(), Outcome::Busy, vec![]),
        (responses, "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"insufficient_quota\",\"message\":\"x\"},\"output\":[]}}\n\n".to_owned(), Outcome::KeyBroke, vec![]),
        (responses, "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"response\":{\"object\":\"response\",\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[]}}\n\n".to_owned(), Outcome::Works, vec![]),
        (ollama, "{\"message\":{\"content\":\"1\"},\"done\":false}\n{\"error\":\"model 'x' not found\"}\n".to_owned(), Outcome::Gone, vec![]),
        // Events that take several lines, or end in carriage returns alone, or stand without a space.
        (openai, "data: {\"choices\":\ndata: [{\"delta\":{\"content\":\"1\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n".to_owned(), Outcome::Works, vec![]),
        (openai, format!("{chunk}\r\rdata:[DONE]\r\r"), Outcome::Works, vec![]),
        // A whole answer where a stream was asked for.
        (openai, "{\n \"choices\": [\n  {\"message\": {\"content\": \"103\"},\n \"finish_reason\": \"stop\"}]}".to_owned(), Outcome::Works, vec![]),
    ] {
        let finding = found(asked, &body);
        assert_eq!((finding.outcome, finding.marks), (outcome, marks), "{body}");
    }
}

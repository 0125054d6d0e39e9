use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::json;

use super::super::{Finding, classify};
use super::*;

fn found(dialect: Dialect, shape: Shape, kind: &str, body: Vec<u8>) -> Finding {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, kind.parse().unwrap());
    let reply = Reply { status: 200, headers, truncated: false, latency: std::time::Duration::ZERO, body };
    classify(&Asked { host: "upstream.test", dialect, shape }, &Ok(reply))
}

fn outcome(dialect: Dialect, shape: Shape, body: &Value) -> Outcome {
    found(dialect, shape, "application/json", body.to_string().into_bytes()).outcome
}

fn said(dialect: Dialect, shape: Shape, body: &Value) -> Said {
    found(dialect, shape, "application/json", body.to_string().into_bytes()).said.unwrap()
}

use crate::http::Reply;

const CHAT: Shape = Shape::MaxTokens;

#[test]
fn every_form_gives_text_reasoning_model_and_counts() {
    let rows = [
        (
            Dialect::OpenAi,
            CHAT,
            json!({"model": "m", "choices": [{"message": {"content": "103", "reasoning_content": "hm"}, "finish_reason": "stop"}],
                   "usage": {"prompt_tokens": 20, "completion_tokens": 3}}),
        ),
        (
            Dialect::OpenAi,
            CHAT,
            json!({"model": "m", "choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}, {"type": "text", "text": "103"}]},
                   "finish_reason": "stop"}], "usage": {"prompt_tokens": 20, "completion_tokens": 3}}),
        ),
        (
            Dialect::OpenAi,
            CHAT,
            json!({"model": "m", "choices": [{"message": {"content": "103", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
                   "finish_reason": "stop"}], "usage": {"prompt_tokens": 20, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 3}}}),
        ),
        (
            Dialect::OpenAi,
            Shape::Responses,
            json!({"object": "response", "model": "m", "status": "completed", "error": null, "output": [
                   {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                   {"type": "message", "content": [{"type": "output_text", "text": "103"}]}], "usage": {"input_tokens": 20, "output_tokens": 3}}),
        ),
        (
            Dialect::Anthropic,
            CHAT,
            json!({"type": "message", "model": "m", "stop_reason": "end_turn", "content": [{"type": "thinking", "thinking": "hm"},
                   {"type": "text", "text": "103"}], "usage": {"input_tokens": 20, "output_tokens": 3}}),
        ),
        (
            Dialect::Gemini,
            CHAT,
            json!({"modelVersion": "m", "candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "103"}]}, "finishReason": "STOP"}],
                   "usageMetadata": {"promptTokenCount": 20, "candidatesTokenCount": 1, "thoughtsTokenCount": 2}}),
        ),
        (
            Dialect::Cohere,
            CHAT,
            json!({"finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"},
                   {"type": "text", "text": "103"}]}, "usage": {"tokens": {"input_tokens": 20, "output_tokens": 3}}}),
        ),
        (
            Dialect::Ollama,
            CHAT,
            json!({"model": "m", "message": {"role": "assistant", "content": "103", "thinking": "hm"}, "done": true, "done_reason": "stop",
                   "prompt_eval_count": 20, "eval_count": 3}),
        ),
    ];
    for (dialect, shape, body) in rows {
        let said = said(dialect, shape, &body);
        let counts = (said.prompt_tokens, said.completion_tokens);
        assert_eq!((said.text.as_str(), said.reasoning.as_str()), ("103", "hm"), "{body}");
        assert_eq!((counts, said.finish), ((Some(20), Some(3)), Finish::Stop), "{body}");
        assert_eq!(said.model.as_deref(), (dialect != Dialect::Cohere).then_some("m"), "{body}");
        assert_eq!(outcome(dialect, shape, &body), Outcome::Works, "{body}");
    }
}

#[test]
fn the_end_says_whether_a_silent_answer_lives() {
    use Dialect::{Anthropic, Cohere, Gemini, Ollama, OpenAi};
    let chat = |finish: &str| json!({"choices": [{"message": {"content": ""}, "finish_reason": finish}]});
    let claude = |stop: &str| json!({"type": "message", "content": [], "stop_reason": stop});
    let gemini = |finish: &str| json!({"candidates": [{"content": {"role": "model"}, "finishReason": finish}]});
    let cohere = |finish: &str| json!({"message": {"role": "assistant", "content": []}, "finish_reason": finish});
    let ollama = |done: &str| json!({"message": {"content": ""}, "done": true, "done_reason": done});
    let responses = |status: &str, reason: Option<&str>| json!({"object": "response", "output": [], "status": status, "incomplete_details": reason.map(|reason| json!({"reason": reason}))});
    for (dialect, shape, body, want) in [
        (OpenAi, CHAT, chat("length"), Outcome::Works),
        (OpenAi, CHAT, chat("tool_calls"), Outcome::Works),
        (OpenAi, CHAT, chat("content_filter"), Outcome::Filtered),
        (OpenAi, CHAT, chat("sensitive"), Outcome::Filtered),
        (OpenAi, CHAT, chat("error"), Outcome::Busy),
        (OpenAi, CHAT, chat("stop"), Outcome::Empty),
        (
            OpenAi,
            CHAT,
            json!({"choices": [{"message": {"content": "", "reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}, "finish_reason": "stop"}]}),
            Outcome::Works,
        ),
        (OpenAi, Shape::Completion, json!({"choices": [{"text": "2", "finish_reason": "length"}]}), Outcome::Works),
        (OpenAi, Shape::Completion, json!({"choices": [{"text": "", "finish_reason": "stop"}]}), Outcome::Empty),
        (OpenAi, Shape::Responses, responses("incomplete", Some("max_output_tokens")), Outcome::Works),
        (OpenAi, Shape::Responses, responses("incomplete", Some("content_filter")), Outcome::Filtered),
        (OpenAi, Shape::Responses, responses("failed", None), Outcome::Busy),
        (OpenAi, Shape::Responses, responses("completed", None), Outcome::Empty),
        (
            OpenAi,
            Shape::Responses,
            json!({"object": "response", "status": "failed", "output": [], "error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
            Outcome::KeyBroke,
        ),
        (
            OpenAi,
            Shape::Responses,
            json!({"object": "response", "status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]}),
            Outcome::Filtered,
        ),
        (Anthropic, CHAT, claude("refusal"), Outcome::Filtered),
        (Anthropic, CHAT, claude("max_tokens"), Outcome::Works),
        (Anthropic, CHAT, claude("end_turn"), Outcome::Empty),
        (
            Anthropic,
            CHAT,
            json!({"type": "message", "content": [{"type": "redacted_thinking", "data": "x"}], "stop_reason": "end_turn"}),
            Outcome::Works,
        ),
        (Gemini, CHAT, gemini("MAX_TOKENS"), Outcome::Works),
        (Gemini, CHAT, gemini("SAFETY"), Outcome::Filtered),
        (Gemini, CHAT, gemini("PROHIBITED_CONTENT"), Outcome::Filtered),
        (Gemini, CHAT, gemini("OTHER"), Outcome::Empty),
        (Gemini, CHAT, json!({"promptFeedback": {"blockReason": "SAFETY"}}), Outcome::Filtered),
        (
            Gemini,
            CHAT,
            json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"thoughtsTokenCount": 40}}),
            Outcome::Works,
        ),
        (
            Gemini,
            CHAT,
            json!({"candidates": [], "usageMetadata": {"promptTokenCount": 20}, "modelStatus": {"modelStage": "RETIRED"}}),
            Outcome::Gone,
        ),
        (
            Gemini,
            CHAT,
            json!({"candidates": [{"content": {"parts": [{"text": "103"}]}}], "modelStatus": {"modelStage": "RETIRED"}}),
            Outcome::Works,
        ),
        (
            Gemini,
            Shape::Image,
            json!({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": "iVBOR"}]}),
            Outcome::Works,
        ),
        (Gemini, Shape::Image, json!({"predictions": [{"raiFilteredReason": "blocked"}]}), Outcome::Filtered),
        (
            Gemini,
            Shape::Image,
            json!({"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBOR"}}]}}]}),
            Outcome::Works,
        ),
        (Cohere, CHAT, cohere("ERROR"), Outcome::Busy),
        (Cohere, CHAT, cohere("TIMEOUT"), Outcome::Busy),
        (Cohere, CHAT, cohere("MAX_TOKENS"), Outcome::Works),
        (Cohere, CHAT, cohere("COMPLETE"), Outcome::Empty),
        (Ollama, CHAT, ollama("length"), Outcome::Works),
        (Ollama, CHAT, ollama("load"), Outcome::Empty),
        (Ollama, CHAT, json!({"response": "103", "done": true}), Outcome::Works),
        (Ollama, CHAT, json!({"error": "model 'x' not found"}), Outcome::Gone),
    ] {
        assert_eq!(outcome(dialect, shape, &body), want, "{dialect:?} {shape:?} {body}");
    }
}

#[test]
fn another_form_than_was_asked_for_proves_nothing() {
    let forms = [
        (Dialect::OpenAi, json!({"choices": [{"message": {"content": "103"}}]})),
        (Dialect::Anthropic, json!({"type": "message", "content": [{"type": "text", "text": "103"}]})),
        (Dialect::Gemini, json!({"candidates": [{"content": {"parts": [{"text": "103"}]}}]})),
        (Dialect::Cohere, json!({"message": {"content": [{"text": "103"}]}, "finish_reason": "COMPLETE"})),
        (Dialect::OpenAi, json!({"data": [{"embedding": [0.5]}]})),
    ];
    for (asked, (_, body)) in forms.iter().flat_map(|asked| forms.iter().map(move |form| (asked.0, form))) {
        let own = forms.iter().position(|(dialect, form)| *dialect == asked && form == body).is_some_and(|at| at < 4);
        let want = if own { Outcome::Works } else { Outcome::Suspect };
        // Gemini's and Ollama's siblings share no field that could be mistaken.
        assert_eq!(outcome(asked, CHAT, body), want, "{asked:?} {body}");
    }
}

#[test]
fn each_other_kind_has_its_proof() {
    use Shape::{Embedding, Image, Moderation, Ocr, Rerank, Speech, Transcription};
    for (shape, body, want) in [
        (Embedding, json!({"data": [{"embedding": [0.1, -0.2]}], "usage": {"prompt_tokens": 1}}), Outcome::Works),
        (Embedding, json!({"data": [{"embedding": "AACAPw=="}]}), Outcome::Works),
        (Embedding, json!({"embeddings": {"float": [[0.1]]}}), Outcome::Works),
        (Embedding, json!({"embeddings": [[0.1]]}), Outcome::Works),
        (Embedding, json!({"embedding": {"values": [0.1]}}), Outcome::Works),
        (Embedding, json!({"data": [{"embedding": []}]}), Outcome::Empty),
        (Embedding, json!({"data": []}), Outcome::Empty),
        (Embedding, json!({"data": [{"embedding": [0, 0.0]}]}), Outcome::Suspect),
        (Embedding, json!({"data": [{"embedding": [0.1, null]}]}), Outcome::Suspect),
        (Embedding, json!({"choices": [{"message": {"content": "hi"}}]}), Outcome::Suspect),
        (Rerank, json!({"results": [{"index": 0, "relevance_score": 0.0}]}), Outcome::Works),
        (Rerank, json!([{"index": 0, "score": 0.9}, {"index": 1, "score": 0.1}]), Outcome::Works),
        (Rerank, json!([{"index": 0, "score": 0.9}]), Outcome::Works),
        (Rerank, json!({"results": []}), Outcome::Empty),
        (Rerank, json!({"results": [{"document": "a"}]}), Outcome::Suspect),
        (Moderation, json!({"results": [{"flagged": false}]}), Outcome::Works),
        (Moderation, json!({"results": []}), Outcome::Empty),
        (Transcription, json!({"text": ""}), Outcome::Works),
        (Transcription, json!({"words": []}), Outcome::Suspect),
        (Image, json!({"data": [{"url": "https://x.test/1.png"}]}), Outcome::Works),
        (Image, json!({"data": [{"b64_json": "AAAA"}]}), Outcome::Works),
        (Image, json!({"data": [{"url": ""}]}), Outcome::Empty),
        (Ocr, json!({"pages": [{"markdown": ""}]}), Outcome::Works),
        (Ocr, json!({"pages": []}), Outcome::Empty),
        (Speech, json!({"data": {"audio": "ff00"}, "base_resp": {"status_code": 0}}), Outcome::Works),
        (
            Speech,
            json!({"error": {"code": "model_not_found", "message": "The model `x` does not exist"}}),
            Outcome::Gone,
        ),
        (Speech, json!({"ok": true}), Outcome::Suspect),
    ] {
        assert_eq!(outcome(Dialect::OpenAi, shape, &body), want, "{shape:?} {body}");
    }
}

#[test]
fn sound_is_bytes_and_a_large_picture_is_known_by_its_beginning() {
    let spoken = |kind: &str, body: &[u8]| found(Dialect::OpenAi, Shape::Speech, kind, body.to_vec()).outcome;
    assert_eq!(spoken("audio/mpeg", b"ID3\x04\0\0"), Outcome::Works);
    assert_eq!(spoken("audio/pcm", b"{\"\x01\x02"), Outcome::Works);
    assert_eq!(spoken("application/octet-stream", &[0; 8]), Outcome::Works);
    assert_eq!(spoken("audio/mpeg", b""), Outcome::Empty);
    // A refusal under the label of sound.
    let refused = br#"{"error":{"message":"insufficient balance","code":"insufficient_balance"}}"#;
    assert_eq!(spoken("audio/mpeg", refused), Outcome::KeyBroke);
    assert_eq!(spoken("text/plain", b"pong"), Outcome::Suspect);
    assert_eq!(spoken("text/html", b"<html>sign in</html>"), Outcome::ChannelConfig);
    let cut = |shape, body: &str| {
        let body = body.as_bytes().to_vec();
        let reply =
            Reply { status: 200, headers: HeaderMap::new(), truncated: true, latency: std::time::Duration::ZERO, body };
        classify(&Asked { shape, ..Asked::chat("x.test") }, &Ok(reply)).outcome
    };
    assert_eq!(cut(Shape::Image, r#"{"created":1,"data":[{"b64_json":"iVBOR"#), Outcome::Works);
    assert_eq!(cut(Shape::Image, r#"{"created":1,"items":[{"x":"iVBOR"#), Outcome::Suspect);
    assert_eq!(cut(CHAT, r#"{"created":1,"data":[{"b64_json":"iVBOR"#), Outcome::Suspect);
}

#[test]
fn long_text_is_cut_between_characters() {
    let body = json!({"choices": [{"message": {"content": "字".repeat(3000)}, "finish_reason": "stop"}]});
    let text = said(Dialect::OpenAi, CHAT, &body).text;
    assert!(text.len() <= KEPT && text.len() > KEPT - 3 && text.chars().all(|c| c == '字'));
}

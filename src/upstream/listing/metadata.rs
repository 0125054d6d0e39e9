//! What a list tells of a model besides its name.
//!
//! Decides: its kind and the day it ends, by the fields that providers are known to give. Must not know: which provider
//! it is; what the name alone hints at. In doubt it tells nothing, and the name decides.

use jiff::civil::Date;
use serde_json::Value;

use crate::model::Kind;

/// The announced last day: OpenAI's `shutdown_date`, Mistral's `deprecation`, OpenRouter's `expiration_date`.
pub(super) fn ends(entry: &Value) -> Option<Date> {
    ["shutdown_date", "deprecation", "expiration_date"].iter().find_map(|field| {
        // `2026-01-31`, and the same with a time behind it.
        entry.get(field)?.as_str()?.get(..10)?.parse().ok()
    })
}

/// What the model called `name` is for, if its entry says so.
pub(super) fn kind(entry: &Value, name: &str) -> Option<Kind> {
    let words = |path: &str| -> Option<Vec<&str>> {
        Some(entry.pointer(path)?.as_array()?.iter().filter_map(Value::as_str).collect())
    };
    if let Some(methods) = words("/supportedGenerationMethods") {
        return gemini(&methods, name);
    }
    if let Some(modalities) = words("/architecture/output_modalities") {
        return openrouter(&modalities);
    }
    if let Some(endpoints) = words("/endpoints") {
        return cohere(&endpoints);
    }
    if let Some(endpoints) = words("/supported_endpoint_types") {
        return new_api(&endpoints);
    }
    if let Some(capabilities) = entry.get("capabilities").filter(|value| value.is_object()) {
        return mistral(capabilities);
    }
    let word =
        ["/type", "/sub_type", "/task", "/task/name"].iter().find_map(|path| said(entry.pointer(path)?.as_str()?));
    // Ollama tells the family of a model: these turn text into vectors.
    let family = entry.pointer("/details/family").and_then(Value::as_str);
    word.or_else(|| family.filter(|family| family.contains("bert")).map(|_| Kind::Embedding))
}

/// Gemini's methods. Those that speak, draw or talk are called by the same method as those that chat.
fn gemini(methods: &[&str], name: &str) -> Option<Kind> {
    let has = |method: &str| methods.contains(&method);
    if has("generateContent") {
        let kinds = [
            ("-tts", Kind::Speech),
            ("-image", Kind::Image),
            ("native-audio", Kind::Realtime),
            ("-live", Kind::Realtime),
        ];
        return Some(kinds.iter().find(|(word, _)| name.contains(word)).map_or(Kind::Chat, |(_, kind)| *kind));
    }
    [
        ("embedContent", Kind::Embedding),
        ("batchEmbedContents", Kind::Embedding),
        ("bidiGenerateContent", Kind::Realtime),
        ("predictLongRunning", Kind::Video),
        ("predict", Kind::Image),
        // Attributed question answering: no call of ours.
        ("generateAnswer", Kind::Expensive),
    ]
    .iter()
    .find(|(method, _)| has(method))
    .map(|(_, kind)| *kind)
}

/// OpenRouter's output modalities: what makes pictures makes them whatever it is asked, and they are billed.
fn openrouter(modalities: &[&str]) -> Option<Kind> {
    [
        ("image", Kind::Image),
        ("video", Kind::Video),
        ("embeddings", Kind::Embedding),
        ("rerank", Kind::Rerank),
        ("transcription", Kind::Transcription),
        ("speech", Kind::Speech),
        ("text", Kind::Chat),
        ("audio", Kind::Speech),
    ]
    .iter()
    .find(|(modality, _)| modalities.contains(modality))
    .map(|(_, kind)| *kind)
}

fn cohere(endpoints: &[&str]) -> Option<Kind> {
    [("chat", Kind::Chat), ("embed", Kind::Embedding), ("rerank", Kind::Rerank)]
        .iter()
        .find(|(endpoint, _)| endpoints.contains(endpoint))
        .map(|(_, kind)| *kind)
}

/// New API tells by the channel's type: of its words only those tell of the model that stand alone or first for it.
fn new_api(endpoints: &[&str]) -> Option<Kind> {
    match endpoints {
        ["image-generation", ..] => Some(Kind::Image),
        ["embeddings", ..] => Some(Kind::Embedding),
        ["openai-video", ..] => Some(Kind::Video),
        ["openai-response"] => Some(Kind::Responses),
        _ => None,
    }
}

/// Mistral's capabilities; of two that exclude each other neither is believed.
fn mistral(capabilities: &Value) -> Option<Kind> {
    let has = |capability: &str| capabilities.get(capability).and_then(Value::as_bool).unwrap_or(false);
    let kinds = [
        ("completion_chat", Kind::Chat),
        ("ocr", Kind::Ocr),
        ("audio_transcription", Kind::Transcription),
        ("moderation", Kind::Moderation),
    ];
    let mut kinds = kinds.iter().filter(|(capability, _)| has(capability)).map(|(_, kind)| *kind);
    kinds.next().filter(|_| kinds.next().is_none())
}

/// One word for it: Together, SiliconFlow, Cloudflare, GitHub.
fn said(word: &str) -> Option<Kind> {
    Some(match word.to_ascii_lowercase().as_str() {
        "chat" | "chat-completion" | "text generation" => Kind::Chat,
        "language" => Kind::Completion,
        "embedding" | "embeddings" | "text embeddings" => Kind::Embedding,
        "rerank" | "reranker" => Kind::Rerank,
        "moderation" => Kind::Moderation,
        "image" | "text-to-image" | "image-to-image" | "text-to-image generation" => Kind::Image,
        "video" | "text-to-video" | "image-to-video" => Kind::Video,
        "transcribe" | "speech-to-text" | "automatic speech recognition" => Kind::Transcription,
        "text-to-speech" => Kind::Speech,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_providers_fields_tell_the_kind() {
        for (entry, name, want) in [
            (
                json!({"supportedGenerationMethods": ["generateContent", "countTokens"]}),
                "gemini-2.5-pro",
                Some(Kind::Chat),
            ),
            (
                json!({"supportedGenerationMethods": ["generateContent"]}),
                "gemini-2.5-flash-preview-tts",
                Some(Kind::Speech),
            ),
            (json!({"supportedGenerationMethods": ["generateContent"]}), "gemini-2.5-flash-image", Some(Kind::Image)),
            (json!({"supportedGenerationMethods": ["embedContent"]}), "x", Some(Kind::Embedding)),
            (json!({"supportedGenerationMethods": ["predict"]}), "x", Some(Kind::Image)),
            (json!({"supportedGenerationMethods": ["predictLongRunning"]}), "x", Some(Kind::Video)),
            (json!({"supportedGenerationMethods": ["bidiGenerateContent"]}), "x", Some(Kind::Realtime)),
            (json!({"supportedGenerationMethods": []}), "x", None),
            (json!({"architecture": {"output_modalities": ["text"]}}), "x", Some(Kind::Chat)),
            (json!({"architecture": {"output_modalities": ["text", "image"]}}), "x", Some(Kind::Image)),
            (json!({"architecture": {"output_modalities": ["embeddings"]}}), "x", Some(Kind::Embedding)),
            (json!({"type": "chat"}), "x", Some(Kind::Chat)),
            (json!({"type": "model"}), "x", None),
            (json!({"type": "base", "capabilities": {"completion_chat": true, "vision": true}}), "x", Some(Kind::Chat)),
            (json!({"capabilities": {"completion_chat": false, "moderation": true}}), "x", Some(Kind::Moderation)),
            (json!({"capabilities": {"completion_chat": true, "ocr": true}}), "x", None),
            (json!({"capabilities": {"completion_chat": false}}), "mistral-embed", None),
            (json!({"endpoints": ["embed", "classify"]}), "x", Some(Kind::Embedding)),
            (json!({"endpoints": ["generate", "chat"]}), "x", Some(Kind::Chat)),
            (json!({"supported_endpoint_types": ["openai"]}), "x", None),
            (json!({"supported_endpoint_types": ["jina-rerank"]}), "jina-embeddings-v3", None),
            (json!({"supported_endpoint_types": ["image-generation", "openai"]}), "x", Some(Kind::Image)),
            (json!({"supported_endpoint_types": ["openai-response"]}), "x", Some(Kind::Responses)),
            (json!({"task": {"name": "Text Embeddings"}}), "x", Some(Kind::Embedding)),
            (json!({"details": {"family": "nomic-bert"}}), "x", Some(Kind::Embedding)),
            (json!({"type": 7, "capabilities": [], "endpoints": {}, "architecture": null}), "x", None),
            (json!("x"), "x", None),
        ] {
            assert_eq!(kind(&entry, name), want, "{entry}");
        }
    }

    #[test]
    fn an_announced_end_is_a_day() {
        let day = |entry: &Value| ends(entry).map(|day| day.to_string());
        for entry in [
            json!({"shutdown_date": "2026-12-31"}),
            json!({"shutdown_date": null, "deprecation": "2026-12-31T12:00:00Z"}),
            json!({"expiration_date": "2026-12-31"}),
        ] {
            assert_eq!(day(&entry).as_deref(), Some("2026-12-31"), "{entry}");
        }
        for entry in [
            json!({}),
            json!({"deprecation": {"inference": 1}}),
            json!({"shutdown_date": "soon, maybe"}),
            json!({"shutdown_date": "日日日日"}),
        ] {
            assert_eq!(day(&entry), None, "{entry}");
        }
    }
}

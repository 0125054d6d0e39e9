//! What kind of model a name stands for.
//!
//! Decides: whether a chat question is the right probe. Must not know: providers, prices, requests.
//! A guess by name, so when in doubt it is chat: a wrong guess there shows as a refused shape and removes nothing.

use crate::model::{Kind, ModelName, Shape};

/// Words of a name (whole, between separators) and what they stand for; the first row with a match counts.
const WORDS: &[(Kind, &[&str])] = &[
    (Kind::Rerank, &["rerank", "reranker"]),
    (Kind::Moderation, &["moderation", "moderations"]),
    (Kind::Realtime, &["realtime", "live"]),
    (Kind::Transcription, &["whisper", "transcribe", "asr", "sensevoice", "paraformer", "stt"]),
    (Kind::Speech, &["tts", "speech", "playai", "cosyvoice", "sambert"]),
    (Kind::Embedding, &["embedding", "embeddings", "embed", "bge", "gte", "m3e", "voyage", "e5"]),
    (Kind::Ocr, &["ocr"]),
    (Kind::Music, &["suno", "chirp", "udio", "lyria", "music"]),
    (
        Kind::Video,
        &[
            "sora",
            "veo",
            "kling",
            "hailuo",
            "seedance",
            "vidu",
            "runway",
            "cogvideo",
            "cogvideox",
            "t2v",
            "i2v",
            "video",
            "wan2",
            "wanx",
        ],
    ),
    (
        Kind::Image,
        &[
            "dall",
            "dalle",
            "imagen",
            "imagen3",
            "imagen4",
            "flux",
            "sd",
            "sdxl",
            "sd3",
            "diffusion",
            "cogview",
            "seedream",
            "seededit",
            "janus",
            "recraft",
            "recraftv3",
            "kolors",
            "ideogram",
            "image",
            "midjourney",
            "mj",
            "kontext",
            "inpaint",
            "t2i",
            "i2i",
        ],
    ),
    (Kind::Completion, &["davinci", "babbage", "curie"]),
];

/// What a model is for: what the upstream's list says goes before its name, but a list that says "chat" does not know
/// what an answer costs, nor which call gives it.
pub fn kind_of(model: &ModelName, listed: Option<Kind>) -> Kind {
    let named = by_name(model);
    match listed {
        None => named,
        Some(Kind::Chat) if matches!(named, Kind::Expensive | Kind::Responses) => named,
        Some(kind) => kind,
    }
}

/// The shape to begin with: OpenAI answers for its dearest models at the Responses call only.
pub(super) fn first_shape(kind: Kind, model: &ModelName) -> Option<Shape> {
    let at_responses = kind == Kind::Expensive && is_openai(&words(&bare(model)));
    if at_responses { Some(Shape::Responses) } else { kind.first_shape() }
}

/// `owner/name:variant`: only the name tells.
fn bare(model: &ModelName) -> String {
    let name = model.as_str().to_ascii_lowercase();
    let name = name.rsplit('/').next().unwrap_or(&name);
    name.split(':').next().unwrap_or(name).to_owned()
}

fn words(name: &str) -> Vec<&str> {
    name.split(['-', '_', '.', ' ', '@']).filter(|word| !word.is_empty()).collect()
}

/// The kind that the name hints at.
pub fn by_name(model: &ModelName) -> Kind {
    let name = bare(model);
    let words = words(&name);
    let has = |word: &str| words.contains(&word);
    if name.contains("deep-research") || has("computer") && has("use") || is_pro(&words) {
        return Kind::Expensive;
    }
    if is_openai(&words) && has("codex") {
        return Kind::Responses;
    }
    if name.ends_with("turbo-instruct") {
        return Kind::Completion;
    }
    // Sees pictures or films, and answers in text.
    if ["vl", "vision", "understanding"].into_iter().any(has) {
        return Kind::Chat;
    }
    for (kind, hints) in WORDS {
        if hints.iter().any(|hint| has(hint)) {
            return *kind;
        }
    }
    if name.starts_with("text-embedding") || name.contains("embedding") {
        return Kind::Embedding;
    }
    Kind::Chat
}

/// OpenAI's `-pro` models (`o1-pro`, `gpt-5.5-pro-2026-01-01`), 10 to 100 times dearer than others. Gemini's "pro" is
/// an ordinary model.
fn is_pro(words: &[&str]) -> bool {
    is_openai(words) && words.contains(&"pro")
}

fn is_openai(words: &[&str]) -> bool {
    matches!(words.first(), Some(&("gpt" | "o1" | "o3" | "o4" | "o5" | "codex" | "computer")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hint_at_kinds_and_doubt_is_chat() {
        for (kind, names) in [
            (
                Kind::Chat,
                &[
                    "gpt-4o",
                    "gpt-4o-mini",
                    "o3-mini",
                    "claude-3-5-sonnet-20241022",
                    "gemini-2.5-pro",
                    "deepseek-chat",
                    "deepseek-ai/DeepSeek-V3",
                    "Qwen/Qwen2.5-VL-72B-Instruct",
                    "llama-3.1-8b-instruct",
                    "mistral-embedded-none",
                    "qwen-omni-turbo",
                    "grok-4",
                    "glm-4.5-air",
                    "openai/gpt-5:online",
                    "gpt-4-vision-preview",
                    "kimi-k2",
                    "my-model",
                    "olive-7b",
                    "wandering-1",
                    "llama-guard-3-8b",
                ][..],
            ),
            (Kind::Responses, &["gpt-5-codex", "openai/gpt-5.1-codex-mini", "codex-mini-latest"]),
            (
                Kind::Expensive,
                &[
                    "o1-pro",
                    "gpt-5-pro",
                    "gpt-5.5-pro-2026-01-01",
                    "o3-deep-research",
                    "openai/o3-pro",
                    "computer-use-preview",
                ],
            ),
            (
                Kind::Embedding,
                &[
                    "text-embedding-3-small",
                    "BAAI/bge-m3",
                    "nomic-embed-text",
                    "voyage-3",
                    "text-embedding-ada-002",
                    "jina-embeddings-v3",
                ],
            ),
            (Kind::Rerank, &["bge-reranker-v2-m3", "rerank-english-v3.0", "jina-reranker-v2"]),
            (Kind::Moderation, &["omni-moderation-latest", "text-moderation-stable"]),
            (Kind::Completion, &["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002"]),
            (Kind::Speech, &["tts-1-hd", "gpt-4o-mini-tts", "gemini-2.5-flash-preview-tts"]),
            (Kind::Transcription, &["whisper-1", "gpt-4o-transcribe", "FunAudioLLM/SenseVoice"]),
            (
                Kind::Image,
                &[
                    "dall-e-3",
                    "gpt-image-1",
                    "flux-1.1-pro",
                    "stable-diffusion-xl",
                    "gemini-2.5-flash-image",
                    "imagen-4.0-generate",
                ],
            ),
            (Kind::Video, &["sora-2", "veo-3", "kling-v2", "cogvideox-2"]),
            (Kind::Realtime, &["gpt-4o-realtime-preview", "gemini-2.0-flash-live-001"]),
            (Kind::Ocr, &["mistral-ocr-latest"]),
            (Kind::Music, &["suno_music", "chirp-v4"]),
        ] {
            for name in names {
                let model = ModelName::parse(name).unwrap();
                assert_eq!(by_name(&model), kind, "{name}");
            }
        }
    }

    #[test]
    fn the_list_goes_before_the_name_but_not_before_its_price() {
        for (name, listed, kind) in [
            ("my-model", Some(Kind::Embedding), Kind::Embedding),
            ("voyage-chat", Some(Kind::Chat), Kind::Chat),
            ("o3-pro", Some(Kind::Chat), Kind::Expensive),
            ("gpt-5-codex", Some(Kind::Chat), Kind::Responses),
            ("bge-m3", None, Kind::Embedding),
        ] {
            assert_eq!(kind_of(&ModelName::parse(name).unwrap(), listed), kind, "{name}");
        }
    }

    #[test]
    fn openais_dearest_begin_with_the_responses_call() {
        for (name, shape) in [
            ("o1-pro", Shape::Responses),
            ("openai/o3-deep-research", Shape::Responses),
            ("gpt-5-codex", Shape::Responses),
            ("computer-use-preview", Shape::Responses),
            ("sonar-deep-research", Shape::MaxTokens),
            ("gpt-4o", Shape::MaxTokens),
        ] {
            let model = ModelName::parse(name).unwrap();
            assert_eq!(first_shape(by_name(&model), &model), Some(shape), "{name}");
        }
    }
}

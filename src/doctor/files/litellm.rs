//! `LiteLLM`'s config.yaml: settings that do nothing, keys that everybody can read, checks that cost more than is thought.
//!
//! Decides: which line to change. Must not know: how `LiteLLM` answers.

use super::compose::in_plain_text;
use super::{Sheet, is_key};
use crate::config::{HealthBy, Node};
use crate::doctor::finding::{Finding, Level};
use crate::doctor::ours::plural;
use crate::model::GatewayKind;

/// From so many models on, all at once are a burst.
const MANY: usize = 20;
/// Background checks more often than this cost without telling more.
const OFTEN: u64 = 60;

pub(super) fn look(sheet: &Sheet<'_>, file: &Node) -> Vec<Finding> {
    let mut found = general(sheet, file);
    found.extend(models(sheet, file));
    found
}

fn general(sheet: &Sheet<'_>, file: &Node) -> Vec<Finding> {
    let mut found = vec![];
    for section in ["general_settings", "litellm_settings", "router_settings"] {
        let dead = file.get(section).and_then(|section| section.member("disable_auth_on_health_endpoint"));
        found.extend(dead.map(|(key, _)| sheet.dead_setting(key.line, "disable_auth_on_health_endpoint")));
    }
    let Some(general) = file.get("general_settings") else { return found };
    if let Some((key, _)) = general.member("public_routes") {
        found.push(
            sheet
                .say(Level::Warning, Some(key.line), "public_routes does nothing without an enterprise licence")
                .because("LiteLLM passes over it without a word; and an open /health lets anybody start paid checks")
                .fix(format!("delete this line; a health check needs no key at {}", super::LIVELINESS)),
        );
    }
    if let Some((key, value)) = general.member("master_key") {
        let text = value.text().unwrap_or_default();
        let weak = sheet.master_key(key.line, text, "master_key: os.environ/LITELLM_MASTER_KEY");
        let plain = (!super::is_reference(text)).then(|| {
            sheet
                .say(Level::Warning, Some(key.line), "the master key stands here in plain text")
                .because("whoever reads the file, its backups or its repository has the key")
                .fix("master_key: os.environ/LITELLM_MASTER_KEY")
        });
        found.extend(weak.or(plain));
    }
    found.extend(background(sheet, general));
    let count = file.get("model_list").map_or(0, |list| list.items().len());
    if count > MANY && general.get("health_check_concurrency").is_none() {
        let line = file.member("general_settings").map(|(key, _)| key.line);
        found.push(
            sheet
                .say(Level::Note, line, format!("/health asks all {count} deployments at the same moment"))
                .because(
                    "health_check_concurrency is not set, which is no limit: providers answer such a burst with 429",
                )
                .fix("health_check_concurrency: 4"),
        );
    }
    found
}

fn background(sheet: &Sheet<'_>, general: &Node) -> Vec<Finding> {
    let mut found = vec![];
    let Some((key, _)) = general.member("background_health_checks").filter(|(_, on)| on.is_true()) else {
        return found;
    };
    let interval = general.member("health_check_interval");
    let seconds = interval.and_then(|(_, value)| value.text()?.parse::<u64>().ok());
    match (interval, seconds) {
        (Some((at, _)), Some(seconds)) if seconds < OFTEN => found.push(
            sheet
                .say(
                    Level::Warning,
                    Some(at.line),
                    format!("every deployment is asked, and paid for, every {seconds} s"),
                )
                .because("each background check is a real question to every deployment, by each worker process")
                .fix("health_check_interval: 300"),
        ),
        (None, _) => found.push(
            sheet
                .say(
                    Level::Note,
                    Some(key.line),
                    "every deployment is asked every 300 s, the default, by each worker process",
                )
                .because("each background check is a real question that is paid for")
                .fix("health_check_interval: 300"),
        ),
        (Some(_), _) => {}
    }
    let litellms = sheet.config.into_iter().flat_map(|config| &config.gateways);
    let ours = litellms.filter(|(_, gateway)| gateway.kind == Some(GatewayKind::LiteLlm));
    for (name, _) in ours.filter(|(_, gateway)| gateway.litellm.health == HealthBy::ByModel) {
        found.push(
            sheet
                .say(
                    Level::Note,
                    Some(key.line),
                    format!("gateways.{name} asks each model although LiteLLM does so itself"),
                )
                .because("what its background checks found can be read without asking anybody")
                .fix(format!("gateways.{name}.litellm: {{ health: \"background\" }}, in our configuration")),
        );
    }
    found
}

fn models(sheet: &Sheet<'_>, file: &Node) -> Vec<Finding> {
    let mut found = vec![];
    let (mut keys, mut hanging) = (vec![], vec![]);
    let set = |path: &[&str]| file.below(path).is_some();
    let limited = set(&["litellm_settings", "request_timeout"]) || set(&["router_settings", "timeout"]);
    let skips =
        file.below(&["general_settings", "health_check_skip_disabled_background_models"]).is_some_and(Node::is_true);
    for model in file.get("model_list").map(Node::items).unwrap_or_default() {
        let Some((at, params)) = model.member("litellm_params") else { continue };
        let info = model.get("model_info");
        if let Some((key, value)) = params.member("api_key")
            && value.text().is_some_and(is_key)
        {
            keys.push(key.line);
        }
        let upstream = params.get("model").and_then(Node::text).unwrap_or_default();
        let own =
            params.get("timeout").is_some() || info.is_some_and(|info| info.get("health_check_timeout").is_some());
        if !limited && !own {
            hanging.push(at.line);
        }
        let line = params.member("model").map_or(at.line, |(key, _)| key.line);
        match info.and_then(|info| info.member("mode")) {
            None => found.extend(no_mode(sheet, line, upstream)),
            Some((key, mode)) if !MODES.contains(&mode.text().unwrap_or_default()) => found.push(
                sheet
                    .say(
                        Level::Warning,
                        Some(key.line),
                        "this mode is none that LiteLLM knows: its check asks as for chat",
                    )
                    .fix(format!("mode: {}", mode_of(upstream).unwrap_or("chat"))),
            ),
            Some(_) => {}
        }
        if let Some((key, _)) = info.and_then(|info| info.member("blocked")).filter(|(_, on)| on.is_true()) {
            let disabled =
                info.is_some_and(|info| info.get("disable_background_health_check").is_some_and(Node::is_true));
            if !(disabled && skips) {
                found.push(
                    sheet
                        .say(Level::Warning, Some(key.line), "this blocked model is still checked, and paid for")
                        .because("`blocked` keeps users away, not LiteLLM's own checks")
                        .fix("disable_background_health_check: true beside it, and general_settings: { health_check_skip_disabled_background_models: true }"),
                );
            }
        }
    }
    found.extend(in_plain_text(sheet, &keys, "api_key: os.environ/OPENAI_API_KEY (a variable for each account)"));
    if let Some(first) = hanging.first() {
        let count = plural(hanging.len(), "deployment");
        found.push(
            sheet
                .say(Level::Note, Some(*first), format!("{count} without a timeout, from here on"))
                .because("one that hangs holds users, and GET /health, for 60 s and more, in up to three tries")
                .fix("timeout: 30 in litellm_params, or for all: litellm_settings: { request_timeout: 30 }"),
        );
    }
    found
}

/// What `model_info.mode` may be.
const MODES: [&str; 17] = [
    "chat",
    "completion",
    "responses",
    "batch",
    "embedding",
    "rerank",
    "moderation",
    "moderations",
    "image_generation",
    "image_edit",
    "video_generation",
    "audio_transcription",
    "audio_speech",
    "realtime",
    "ocr",
    "search",
    "vector_store",
];

/// The mode that a model's name asks for, where chat would be wrong.
fn mode_of(upstream: &str) -> Option<&'static str> {
    let name = upstream.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["rerank"]) {
        Some("rerank")
    } else if has(&["embed", "bge-", "/e5-"]) {
        Some("embedding")
    } else if has(&["whisper", "transcribe"]) {
        Some("audio_transcription")
    } else if has(&["/tts", "-tts"]) {
        Some("audio_speech")
    } else if has(&["dall-e", "gpt-image", "stable-diffusion", "flux", "imagen"]) {
        Some("image_generation")
    } else if has(&["moderation"]) {
        Some("moderation")
    } else if has(&["realtime"]) {
        Some("realtime")
    } else {
        None
    }
}

fn no_mode(sheet: &Sheet<'_>, line: usize, upstream: &str) -> Option<Finding> {
    let mode = mode_of(upstream)?;
    let finding = sheet.say(Level::Warning, Some(line), "this model is checked as a chat model, and is none");
    Some(
        finding
            .because("without model_info.mode LiteLLM asks it for a chat completion: it is unhealthy for ever")
            .fix(format!("model_info: {{ mode: {mode} }}, beside litellm_params")),
    )
}

//! What a channel's type number means, and how its upstream is reached. Tables as data, one per family of gateways:
//! the same number is another provider in each.
//!
//! A type that we cannot test without guessing is left alone, and said so.

mod new_api;
mod one_api;
mod one_hub;

use crate::model::{Access, AzureApi, Channel, GatewayKind, OpenAiPaths, Protocol};

/// A channel type.
struct Type {
    number: i64,
    name: &'static str,
    way: Way,
}

/// How a type's upstream is reached.
#[derive(Clone, Copy)]
enum Way {
    /// In this protocol. The base is used where the channel has none of its own.
    Spoken { base: Option<&'static str>, protocol: Protocol },
    /// OpenAI's calls below `{base}/client/v4/accounts/{other}/ai`.
    Cloudflare { base: &'static str },
    /// Azure by deployment; the version stands in `other`.
    Azure,
    /// A protocol or credentials that this version does not have.
    NotSpoken,
    /// Not an upstream that a request can test.
    NotTestable(&'static str),
}

const STANDARD: OpenAiPaths = OpenAiPaths { version: "/v1", chat: "/chat/completions", listed: true };
/// The base includes the version.
const BARE: OpenAiPaths = OpenAiPaths { version: "", ..STANDARD };
/// VolcEngine's Ark.
const ARK: OpenAiPaths = OpenAiPaths { version: "/api/v3", ..STANDARD };
const DASHSCOPE: OpenAiPaths = OpenAiPaths { version: "/compatible-mode/v1", ..STANDARD };
const QIANFAN: OpenAiPaths = OpenAiPaths { version: "/v2", ..STANDARD };
const ZHIPU: OpenAiPaths = OpenAiPaths { version: "/api/paas/v4", ..STANDARD };
const PERPLEXITY: OpenAiPaths = OpenAiPaths { listed: false, ..BARE };
const UNLISTED: OpenAiPaths = OpenAiPaths { listed: false, ..STANDARD };
/// Embeddings and rerank, and no list.
const WORDLESS: OpenAiPaths = OpenAiPaths { chat: "", listed: false, ..STANDARD };

const ANTHROPIC: Way = spoken("https://api.anthropic.com", Protocol::Anthropic);
const GEMINI: Way = spoken("https://generativelanguage.googleapis.com", Protocol::Gemini);
const COHERE: Way = spoken("https://api.cohere.ai", Protocol::Cohere);
const OLLAMA: Way = spoken("http://localhost:11434", Protocol::Ollama);

const IMAGES: &str = "it makes images";
const TASKS: &str = "it works by tasks";
const GONE: &str = "the service is gone";

/// Since then New API leaves dots in the names of Azure deployments (2025-05-10): Unix seconds of a channel's creation.
const DOTS_SINCE: i64 = 1_746_835_200;
/// New API's where the channel names none.
const AZURE_VERSION: &str = "2025-04-01-preview";

const fn chat(number: i64, name: &'static str, base: &'static str, paths: OpenAiPaths) -> Type {
    Type { number, name, way: spoken(base, Protocol::OpenAi(paths)) }
}

/// Without a default base.
const fn own_base(number: i64, name: &'static str, paths: OpenAiPaths) -> Type {
    Type { number, name, way: Way::Spoken { base: None, protocol: Protocol::OpenAi(paths) } }
}

const fn spoken(base: &'static str, protocol: Protocol) -> Way {
    Way::Spoken { base: Some(base), protocol }
}

const fn of(number: i64, name: &'static str, way: Way) -> Type {
    Type { number, name, way }
}

const fn not_spoken(number: i64, name: &'static str) -> Type {
    of(number, name, Way::NotSpoken)
}

const fn not_testable(number: i64, name: &'static str, why: &'static str) -> Type {
    of(number, name, Way::NotTestable(why))
}

/// The type that a number stands for in this program's family.
fn type_of(kind: GatewayKind, number: i64) -> Option<&'static Type> {
    let types: &[Type] = match kind {
        GatewayKind::OneApi => one_api::TYPES,
        GatewayKind::NewApi | GatewayKind::Veloera => new_api::TYPES,
        GatewayKind::OneHub | GatewayKind::DoneHub => one_hub::TYPES,
        GatewayKind::LiteLlm => &[],
    };
    types.iter().find(|one| one.number == number)
}

/// The provider of a channel's type, by its name there; `LiteLLM` has names for them and no numbers.
pub fn provider(kind: GatewayKind, channel: &Channel) -> String {
    if kind == GatewayKind::LiteLlm {
        return channel.other.clone().unwrap_or_default();
    }
    let number = channel.type_number;
    type_of(kind, number).map_or_else(|| format!("type {number}"), |known| known.name.to_owned())
}

/// How to reach a channel's upstream.
///
/// # Errors
/// Why the channel is left alone, as a sentence for the operator.
pub fn access(kind: GatewayKind, channel: &Channel) -> Result<Access, String> {
    if kind == GatewayKind::LiteLlm {
        return Err("LiteLLM keeps its keys to itself: it is asked to check its models".to_owned());
    }
    let number = channel.type_number;
    let Some(Type { name, way, .. }) = type_of(kind, number) else {
        return Err(format!("unknown type {number} in {kind}: left alone"));
    };
    let own = channel.base_url.as_deref().map(str::trim).filter(|base| !base.is_empty());
    let other = channel.other.as_deref().map(str::trim).filter(|other| !other.is_empty());
    let missing = || format!("base_url missing, and type {number} {name} has no default");
    let (base, protocol) = match *way {
        Way::NotSpoken => {
            return Err(format!("type {number} {name} cannot be probed by this version: left alone"));
        }
        Way::NotTestable(why) => {
            return Err(format!("type {number} {name} cannot be tested by a request ({why}): left alone"));
        }
        Way::Cloudflare { base } => {
            let account = other.ok_or_else(|| format!("type {number} {name} without an account id in `other`"))?;
            let base = own.unwrap_or(base).trim_end_matches('/');
            (format!("{base}/client/v4/accounts/{account}/ai"), Protocol::OpenAi(UNLISTED))
        }
        Way::Azure => {
            let api = azure(kind, channel, other).map_err(|why| format!("type {number} {name}: {why}: left alone"))?;
            (own.ok_or_else(missing)?.to_owned(), Protocol::Azure(api))
        }
        Way::Spoken { base, protocol } => spoken_at(kind, number, own.or(base).ok_or_else(missing)?, protocol),
    };
    if kind == GatewayKind::OneApi && number == one_api::ZHIPU && names(channel).any(|name| name.starts_with("chatglm"))
    {
        return Err(format!("type {number} {name}: One API asks chatglm models in Zhipu's old protocol: left alone"));
    }
    Ok(Access { type_name: name, base, protocol })
}

/// Where and how New API's words for a URL, and Cloudflare's AI gateway, change it.
fn spoken_at(kind: GatewayKind, number: i64, base: &str, protocol: Protocol) -> (String, Protocol) {
    let plan = match kind {
        GatewayKind::NewApi | GatewayKind::Veloera => new_api::plan(base),
        GatewayKind::OneApi | GatewayKind::OneHub | GatewayKind::DoneHub | GatewayKind::LiteLlm => None,
    };
    match plan {
        Some(base) => (base.to_owned(), Protocol::OpenAi(BARE)),
        // Cloudflare's AI gateway has the version in its own path, and the gateways leave theirs out.
        None if number == 1 && base.starts_with("https://gateway.ai.cloudflare.com") => {
            (base.to_owned(), Protocol::OpenAi(BARE))
        }
        None => (base.to_owned(), protocol),
    }
}

fn names(channel: &Channel) -> impl Iterator<Item = &str> {
    channel.models.as_deref().unwrap_or_default().split(',').map(str::trim)
}

/// The deployment that a gateway asks: with or without the dots of the model's name.
fn azure(kind: GatewayKind, channel: &Channel, version: Option<&str>) -> Result<AzureApi, &'static str> {
    let (dots, default) = match kind {
        GatewayKind::OneApi => (false, None),
        GatewayKind::NewApi => (channel.created >= DOTS_SINCE, Some(AZURE_VERSION)),
        GatewayKind::Veloera => (true, Some(AZURE_VERSION)),
        GatewayKind::OneHub | GatewayKind::DoneHub | GatewayKind::LiteLlm => (true, None),
    };
    let unsure = !matches!(kind, GatewayKind::OneApi | GatewayKind::NewApi);
    let mapped = channel.mapping.as_ref().into_iter().flat_map(|mapping| mapping.0.values().map(String::as_str));
    if unsure && names(channel).chain(mapped).any(|name| name.contains('.')) {
        return Err("whether this gateway takes the dots out of deployments' names depends on its version");
    }
    let version = version.or(default).ok_or("no API version is set, write it as 2025-04-01-preview")?;
    AzureApi::dated(version, dots).ok_or("its API version is no date as 2025-04-01-preview")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::model::Secret;

    fn channel(type_number: i64, base_url: Option<&str>) -> Channel {
        Channel {
            id: 1,
            created: 1,
            type_number,
            base_url: base_url.map(str::to_owned),
            keys: vec![Secret::new("sk-1")],
            models: Some("a".to_owned()),
            group: Some("default".to_owned()),
            ..Channel::bare("c")
        }
    }

    fn chat_url(kind: GatewayKind, channel: &Channel) -> Result<String, String> {
        let Access { base, protocol, .. } = access(kind, channel)?;
        let Protocol::OpenAi(paths) = protocol else { return Err(format!("{protocol:?}")) };
        Ok(format!("{base}{}{}", paths.version, paths.chat))
    }

    #[test]
    fn the_same_number_is_another_provider_in_each_family() {
        use GatewayKind::{NewApi, OneApi, OneHub, Veloera};
        for (kind, number, url) in [
            (NewApi, 1, "https://api.openai.com/v1/chat/completions"),
            (OneApi, 1, "https://api.openai.com/v1/chat/completions"),
            (NewApi, 40, "https://api.siliconflow.cn/v1/chat/completions"),
            (OneApi, 40, "https://ark.cn-beijing.volces.com/api/v3/chat/completions"),
            (Veloera, 43, "https://api.deepseek.com/v1/chat/completions"),
            (OneApi, 36, "https://api.deepseek.com/v1/chat/completions"),
            (OneHub, 45, "https://api.siliconflow.cn/v1/chat/completions"),
            (NewApi, 20, "https://openrouter.ai/api/v1/chat/completions"),
            (NewApi, 17, "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
            (NewApi, 26, "https://open.bigmodel.cn/api/paas/v4/chat/completions"),
            (NewApi, 27, "https://api.perplexity.ai/chat/completions"),
            (OneApi, 29, "https://api.groq.com/openai/v1/chat/completions"),
            (OneApi, 41, "https://api.novita.ai/v3/openai/chat/completions"),
            (OneApi, 16, "https://open.bigmodel.cn/api/paas/v4/chat/completions"),
            (OneApi, 27, "https://api.minimax.chat/v1/chat/completions"),
            (OneHub, 40, "https://api.hunyuan.cloud.tencent.com/v1/chat/completions"),
            (OneHub, 49, "https://models.inference.ai.azure.com/chat/completions"),
        ] {
            for empty in [None, Some(""), Some(" ")] {
                assert_eq!(chat_url(kind, &channel(number, empty)).as_deref(), Ok(url), "{kind} {number}");
            }
        }
    }

    #[test]
    fn a_base_of_its_own_goes_before_the_default() {
        let own = channel(40, Some("https://up.example"));
        assert_eq!(chat_url(GatewayKind::NewApi, &own).unwrap(), "https://up.example/v1/chat/completions");
        let plan = channel(26, Some("glm-coding-plan"));
        assert_eq!(
            chat_url(GatewayKind::NewApi, &plan).unwrap(),
            "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions"
        );
        let compatible = channel(50, Some("https://up.example/v2"));
        assert_eq!(chat_url(GatewayKind::OneApi, &compatible).unwrap(), "https://up.example/v2/chat/completions");
        let cloudflare = channel(1, Some("https://gateway.ai.cloudflare.com/v1/acc/gw/openai"));
        assert_eq!(
            chat_url(GatewayKind::NewApi, &cloudflare).unwrap(),
            "https://gateway.ai.cloudflare.com/v1/acc/gw/openai/chat/completions"
        );
        let workers = Channel { other: Some("acc".to_owned()), ..channel(39, None) };
        assert_eq!(
            chat_url(GatewayKind::NewApi, &workers).unwrap(),
            "https://api.cloudflare.com/client/v4/accounts/acc/ai/v1/chat/completions"
        );
    }

    #[test]
    fn what_cannot_be_judged_is_left_alone_and_said_so() {
        let why = |kind, channel: &Channel| access(kind, channel).unwrap_err();
        let new_api = |number| why(GatewayKind::NewApi, &channel(number, Some("https://up.example")));
        assert_eq!(new_api(999), "unknown type 999 in New API: left alone");
        assert_eq!(new_api(41), "type 41 Vertex cannot be probed by this version: left alone");
        assert_eq!(new_api(2), "type 2 Midjourney cannot be tested by a request (it works by tasks): left alone");
        for number in [5, 8, 11, 15, 16, 18, 23, 33, 36, 37, 49, 50, 55, 57, 58] {
            assert!(new_api(number).ends_with("left alone"), "{number}");
        }
        assert!(why(GatewayKind::NewApi, &channel(60, None)).starts_with("base_url missing"));
        assert!(why(GatewayKind::NewApi, &channel(3, None)).starts_with("base_url missing"));
        assert!(why(GatewayKind::NewApi, &channel(39, None)).contains("account id"));
        let old = Channel { models: Some("glm-4, chatglm_turbo".to_owned()), ..channel(16, None) };
        assert!(why(GatewayKind::OneApi, &old).contains("chatglm"));
        assert!(why(GatewayKind::OneApi, &channel(43, Some("https://up.example"))).contains("left alone"));
        for number in [17, 24, 34, 54, 57, 62] {
            assert!(why(GatewayKind::OneHub, &channel(number, Some("https://up.example"))).ends_with("left alone"));
        }
    }

    #[test]
    fn native_protocols_are_found_by_number() {
        use GatewayKind::{DoneHub, NewApi, OneApi, OneHub, Veloera};
        for (kind, number, protocol, base) in [
            (NewApi, 14, Protocol::Anthropic, "https://api.anthropic.com"),
            (OneApi, 14, Protocol::Anthropic, "https://api.anthropic.com"),
            (OneHub, 14, Protocol::Anthropic, "https://api.anthropic.com"),
            (Veloera, 24, Protocol::Gemini, "https://generativelanguage.googleapis.com"),
            (OneApi, 24, Protocol::Gemini, "https://generativelanguage.googleapis.com"),
            (DoneHub, 25, Protocol::Gemini, "https://generativelanguage.googleapis.com"),
            (NewApi, 34, Protocol::Cohere, "https://api.cohere.ai"),
            (OneApi, 35, Protocol::Cohere, "https://api.cohere.ai"),
            (OneHub, 36, Protocol::Cohere, "https://api.cohere.ai"),
            (NewApi, 4, Protocol::Ollama, "http://localhost:11434"),
            (OneApi, 30, Protocol::Ollama, "http://localhost:11434"),
            (OneHub, 39, Protocol::Ollama, "https://ollama.com"),
            (NewApi, 38, Protocol::OpenAi(WORDLESS), "https://api.jina.ai"),
            (NewApi, 44, Protocol::OpenAi(WORDLESS), "https://api.moka.ai"),
            (OneHub, 47, Protocol::OpenAi(WORDLESS), "https://api.jina.ai"),
        ] {
            let got = access(kind, &channel(number, None)).unwrap();
            assert_eq!((got.protocol, got.base.as_str()), (protocol, base), "{kind} {number}");
        }
    }

    #[test]
    fn azure_takes_the_gateways_version_and_dots() {
        use GatewayKind::{NewApi, OneApi, OneHub};
        let azure = |kind, number, other: Option<&str>, created, models: &str| {
            let other = other.map(str::to_owned);
            let models = Some(models.to_owned());
            let protocol = access(kind, &Channel { created, models, other, ..channel(number, Some("https://r.test")) });
            protocol.map(|access| access.protocol)
        };
        let dated = |version, dots| Ok(Protocol::Azure(AzureApi::dated(version, dots).unwrap()));
        assert_eq!(azure(NewApi, 3, None, 0, "gpt-4.1"), dated("2025-04-01-preview", false));
        assert_eq!(azure(NewApi, 3, Some("2024-10-21"), DOTS_SINCE, "gpt-4.1"), dated("2024-10-21", true));
        assert_eq!(azure(OneApi, 3, Some("2024-10-21"), DOTS_SINCE, "gpt-4.1"), dated("2024-10-21", false));
        assert_eq!(azure(OneHub, 3, Some("2024-10-21"), 0, "gpt-4o"), dated("2024-10-21", true));
        assert_eq!(azure(OneHub, 55, None, 0, "gpt-4.1"), Ok(Protocol::Azure(AzureApi::V1)));
        for (kind, other, says) in
            [(OneApi, None, "no API version"), (OneHub, Some("2024-10-21"), "dots"), (NewApi, Some("v9"), "no date")]
        {
            let why = azure(kind, 3, other, 0, "gpt-4.1").unwrap_err();
            assert!(why.contains(says) && why.ends_with("left alone"), "{why}");
        }
    }

    #[test]
    fn no_number_stands_twice_in_a_table() {
        for types in [new_api::TYPES, one_api::TYPES, one_hub::TYPES] {
            let numbers: HashSet<_> = types.iter().map(|one| one.number).collect();
            assert_eq!(numbers.len(), types.len());
        }
    }
}

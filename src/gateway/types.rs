//! What a channel's type number means, and how its upstream is reached. Tables as data, one per family of gateways:
//! the same number is another provider in each.
//!
//! A type that we cannot test without guessing is left alone, and said so.

mod new_api;
mod one_api;
mod one_hub;

use crate::model::{Access, Channel, GatewayKind, OpenAiPaths, Protocol};

/// A channel type.
struct Type {
    number: i64,
    name: &'static str,
    way: Way,
}

/// How a type's upstream is reached.
#[derive(Clone, Copy)]
enum Way {
    /// OpenAI-compatible chat. The base is used where the channel has none of its own.
    Chat { base: Option<&'static str>, paths: OpenAiPaths },
    /// The same, below `{base}/client/v4/accounts/{other}/ai`.
    Cloudflare { base: &'static str },
    /// A protocol we do not speak yet.
    NotSpoken,
    /// Not an upstream that a chat request can test.
    NotTestable(&'static str),
}

const STANDARD: OpenAiPaths = OpenAiPaths { version: "/v1", chat: "/chat/completions", listed: true };
/// The base includes the version.
const BARE: OpenAiPaths = OpenAiPaths { version: "", ..STANDARD };
/// VolcEngine's Ark; its models named `bot…` are served elsewhere.
const ARK: OpenAiPaths = OpenAiPaths { version: "/api/v3", ..STANDARD };
const DASHSCOPE: OpenAiPaths = OpenAiPaths { version: "/compatible-mode/v1", ..STANDARD };
const QIANFAN: OpenAiPaths = OpenAiPaths { version: "/v2", ..STANDARD };
const ZHIPU: OpenAiPaths = OpenAiPaths { version: "/api/paas/v4", ..STANDARD };
const PERPLEXITY: OpenAiPaths = OpenAiPaths { listed: false, ..BARE };

const IMAGES: &str = "it makes images";
const TASKS: &str = "it works by tasks";
const EMBEDDINGS: &str = "it serves embeddings and rerank only";
const GONE: &str = "the service is gone";

const fn chat(number: i64, name: &'static str, base: &'static str, paths: OpenAiPaths) -> Type {
    Type { number, name, way: Way::Chat { base: Some(base), paths } }
}

/// Without a default base.
const fn own_base(number: i64, name: &'static str, paths: OpenAiPaths) -> Type {
    Type { number, name, way: Way::Chat { base: None, paths } }
}

const fn not_spoken(number: i64, name: &'static str) -> Type {
    Type { number, name, way: Way::NotSpoken }
}

const fn not_testable(number: i64, name: &'static str, why: &'static str) -> Type {
    Type { number, name, way: Way::NotTestable(why) }
}

/// How to reach a channel's upstream.
///
/// # Errors
/// Why the channel is left alone, as a sentence for the operator.
pub fn access(kind: GatewayKind, channel: &Channel) -> Result<Access, String> {
    let types: &[Type] = match kind {
        GatewayKind::OneApi => one_api::TYPES,
        GatewayKind::NewApi | GatewayKind::Veloera => new_api::TYPES,
        GatewayKind::OneHub | GatewayKind::DoneHub => one_hub::TYPES,
    };
    let number = channel.type_number;
    let Some(Type { name, way, .. }) = types.iter().find(|one| one.number == number) else {
        return Err(format!("unknown type {number} in {kind}: left alone"));
    };
    let own = channel.base_url.as_deref().map(str::trim).filter(|base| !base.is_empty());
    let (base, paths) = match *way {
        Way::NotSpoken => return Err(format!("type {number} {name} is not spoken yet: left alone")),
        Way::NotTestable(why) => {
            return Err(format!("type {number} {name} cannot be tested by a chat request ({why}): left alone"));
        }
        Way::Cloudflare { base } => {
            let account = channel.other.as_deref().map(str::trim).filter(|account| !account.is_empty());
            let account = account.ok_or_else(|| format!("type {number} {name} without an account id in `other`"))?;
            let base = own.unwrap_or(base).trim_end_matches('/');
            (format!("{base}/client/v4/accounts/{account}/ai"), OpenAiPaths { listed: false, ..STANDARD })
        }
        Way::Chat { base, paths } => {
            let base =
                own.or(base).ok_or_else(|| format!("base_url missing, and type {number} {name} has no default"))?;
            let plan = match kind {
                GatewayKind::NewApi | GatewayKind::Veloera => new_api::plan(base),
                GatewayKind::OneApi | GatewayKind::OneHub | GatewayKind::DoneHub => None,
            };
            match plan {
                Some(base) => (base.to_owned(), BARE),
                // Cloudflare's AI gateway has the version in its own path, and the gateways leave theirs out.
                None if number == 1 && base.starts_with("https://gateway.ai.cloudflare.com") => (base.to_owned(), BARE),
                None => (base.to_owned(), paths),
            }
        }
    };
    suits(paths, channel).map_err(|why| format!("type {number} {name}: {why}: left alone"))?;
    Ok(Access { type_name: name, base, protocol: Protocol::OpenAi(paths) })
}

/// Whether a plain request is what the gateway would send for every model and key of the channel.
fn suits(paths: OpenAiPaths, channel: &Channel) -> Result<(), &'static str> {
    let names = channel.models.as_deref().unwrap_or_default();
    if paths == ARK && names.split(',').any(|name| name.trim().starts_with("bot")) {
        return Err("its bot models are served at another path");
    }
    if paths == QIANFAN && channel.keys.iter().any(|key| key.expose().contains('|')) {
        return Err("keys of the form token|appid are not spoken yet");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;
    use crate::model::{Fingerprint, Mapping, Secret, Status};

    fn channel(type_number: i64, base_url: Option<&str>) -> Channel {
        Channel {
            id: 1,
            created: 1,
            name: "c".to_owned(),
            type_number,
            status: Status::Enabled,
            base_url: base_url.map(str::to_owned),
            keys: vec![Secret::new("sk-1")],
            organization: None,
            models: Some("a".to_owned()),
            group: Some("default".to_owned()),
            mapping: Ok(Mapping::default()),
            other: None,
            proxy: None,
            headers: BTreeMap::new(),
            auto_sync: false,
            ignored_models: vec![],
            test_model: None,
            fingerprint: Fingerprint(String::new()),
        }
    }

    fn chat_url(kind: GatewayKind, channel: &Channel) -> Result<String, String> {
        let Access { base, protocol: Protocol::OpenAi(paths), .. } = access(kind, channel)?;
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
        assert_eq!(new_api(41), "type 41 Vertex is not spoken yet: left alone");
        assert_eq!(new_api(2), "type 2 Midjourney cannot be tested by a chat request (it works by tasks): left alone");
        for number in [3, 4, 5, 8, 11, 14, 24, 33, 36, 38, 44, 50, 55, 57, 58] {
            assert!(new_api(number).ends_with("left alone"), "{number}");
        }
        assert!(why(GatewayKind::NewApi, &channel(60, None)).starts_with("base_url missing"));
        assert!(why(GatewayKind::NewApi, &channel(39, None)).contains("account id"));
        let bots = Channel { models: Some("doubao, bot-1".to_owned()), ..channel(45, None) };
        assert!(why(GatewayKind::NewApi, &bots).contains("bot models"));
        let qianfan = Channel { keys: vec![Secret::new("token|app")], ..channel(46, None) };
        let said = why(GatewayKind::NewApi, &qianfan);
        assert!(said.contains("token|appid") && !said.contains("token|app:"));
        assert!(why(GatewayKind::OneApi, &channel(43, Some("https://up.example"))).contains("left alone"));
    }

    #[test]
    fn no_number_stands_twice_in_a_table() {
        for types in [new_api::TYPES, one_api::TYPES, one_hub::TYPES] {
            let numbers: HashSet<_> = types.iter().map(|one| one.number).collect();
            assert_eq!(numbers.len(), types.len());
        }
    }
}

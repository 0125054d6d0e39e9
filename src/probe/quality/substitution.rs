//! Whether an answer names another model than the one that was asked (upstreams.md §6.3).
//!
//! Decides: which difference is more than an alias. Only gross swaps show; a suspicion, no proof. Must not know: the
//! answer's words.

/// What a model's name may end in without being another model, beside dates and versions.
const SAME: [&str; 10] =
    ["preview", "latest", "exp", "experimental", "beta", "stable", "it", "instruct", "chat", "maas"];

/// Whether `answered` is another model than `asked`, past every alias that is known.
pub(super) fn is_substituted(asked: &str, answered: &str, host: &str, type_name: &str) -> bool {
    if is_exempt(asked, answered, host, type_name) {
        return false;
    }
    let (asked, answered) = (plain(asked), plain(answered));
    !asked.is_empty() && !answered.is_empty() && !is_alias(&asked, &answered) && !is_alias(&answered, &asked)
}

/// Where the name in the answer says nothing: deployments, endpoints, routers, tunings, servers of one local model.
fn is_exempt(asked: &str, answered: &str, host: &str, type_name: &str) -> bool {
    let asked = asked.to_ascii_lowercase();
    let azure = type_name.to_ascii_lowercase().contains("azure") || host.contains(".azure.com");
    let last = asked.rsplit('/').next().unwrap_or_default();
    let router = ["auto", "free", "router", "default"].contains(&last.split(':').next().unwrap_or_default());
    let floating = last.ends_with("latest");
    let tuned = asked.starts_with("ft:") || asked.starts_with("ep-") || asked.starts_with("bot-");
    let local =
        host.ends_with(":1234") || answered.contains(".gguf") || answered.starts_with('/') || answered == "default";
    azure || router || floating || tuned || local
}

/// Without provider, region, variant and case; `.`, `_`, `@` as `-`.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = name.split(':').next().unwrap_or_default();
    let name = ["us.", "eu.", "apac.", "global.", "jp.", "au."]
        .iter()
        .find_map(|region| name.strip_prefix(region))
        .unwrap_or(name);
    let vendors = ["anthropic.", "meta.", "amazon.", "mistral.", "cohere.", "deepseek.", "ai21.", "qwen.", "openai."];
    let name = vendors.iter().find_map(|vendor| name.strip_prefix(vendor)).unwrap_or(name);
    name.replace(['.', '_', '@', ' '], "-")
}

/// Whether `long` is `short` with nothing but dates, versions and the like behind it.
fn is_alias(short: &str, long: &str) -> bool {
    let Some(rest) = long.strip_prefix(short) else { return false };
    let is_version = |part: &str| {
        let digits = part.strip_prefix('v').or_else(|| part.strip_prefix('r')).unwrap_or(part);
        digits.bytes().all(|byte| byte.is_ascii_digit()) || SAME.contains(&part)
    };
    rest.is_empty() || rest.starts_with('-') && rest.split('-').all(is_version)
}

#[cfg(test)]
mod tests {
    use super::is_substituted;

    fn differs(asked: &str, answered: &str) -> bool {
        is_substituted(asked, answered, "reseller.test", "OpenAI")
    }

    #[test]
    fn aliases_snapshots_and_prefixes_are_the_same_model() {
        for (asked, answered) in [
            ("gpt-4o", "gpt-4o"),
            ("gpt-4o", "gpt-4o-2024-08-06"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
            ("claude-sonnet-4.5", "anthropic/claude-sonnet-4-5-20250929"),
            ("openai/gpt-4o:nitro", "gpt-4o"),
            ("models/gemini-2.5-flash", "gemini-2.5-flash-preview-05-20"),
            ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-20241022"),
            ("accounts/fireworks/models/llama-v3p1-8b-instruct", "llama-v3p1-8b-instruct"),
            ("@cf/meta/llama-3-8b-instruct", "llama-3-8b"),
            ("Qwen/Qwen3-8B", "qwen3-8b"),
            ("openrouter/auto", "anthropic/claude-opus-4"),
            ("chatgpt-4o-latest", "gpt-4o-2024-11-20"),
            ("ep-20250101-abcde", "doubao-pro"),
            ("local", "/models/qwen.gguf"),
            ("m", ""),
        ] {
            assert!(!differs(asked, answered), "{asked} {answered}");
        }
        assert!(!is_substituted("my-deployment", "gpt-4o", "r.openai.azure.com", "Azure"));
    }

    #[test]
    fn another_size_snapshot_or_family_is_another_model() {
        for (asked, answered) in [
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4o-mini", "gpt-4o"),
            ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
            ("claude-opus-4-5", "claude-haiku-4-5"),
            ("gpt-4", "glm-4-flash"),
            ("deepseek-r1", "deepseek-r1-distill-qwen-7b"),
        ] {
            assert!(differs(asked, answered), "{asked} {answered}");
        }
    }
}

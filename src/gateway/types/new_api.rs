//! New API's channel types (old: up to 48; Veloera is a fork of that time).

use super::{
    ANTHROPIC, ARK, COHERE, DASHSCOPE, GEMINI, GONE, IMAGES, OLLAMA, PERPLEXITY, QIANFAN, STANDARD, TASKS, Type,
    UNLISTED, WORDLESS, Way, ZHIPU, chat, not_spoken, not_testable, of, own_base,
};

pub(super) static TYPES: &[Type] = &[
    chat(1, "OpenAI", "https://api.openai.com", STANDARD),
    not_testable(2, "Midjourney", TASKS),
    of(3, "Azure", Way::Azure),
    of(4, "Ollama", OLLAMA),
    not_testable(5, "MidjourneyPlus", TASKS),
    chat(6, "OpenAIMax", "https://api.openaimax.com", STANDARD),
    chat(7, "OhMyGPT", "https://api.ohmygpt.com", STANDARD),
    // Its base_url is the whole chat URL.
    not_spoken(8, "Custom"),
    chat(9, "AILS", "https://api.caipacity.com", STANDARD),
    chat(10, "AIProxy", "https://api.aiproxy.io", STANDARD),
    not_testable(11, "PaLM", GONE),
    chat(12, "API2GPT", "https://api.api2gpt.com", STANDARD),
    chat(13, "AIGC2D", "https://api.aigc2d.com", STANDARD),
    of(14, "Anthropic", ANTHROPIC),
    not_spoken(15, "Baidu"),
    // v3, signed.
    not_spoken(16, "Zhipu"),
    chat(17, "Ali", "https://dashscope.aliyuncs.com", DASHSCOPE),
    not_spoken(18, "Xunfei"),
    chat(19, "360", "https://api.360.cn", STANDARD),
    chat(20, "OpenRouter", "https://openrouter.ai/api", STANDARD),
    not_testable(21, "AIProxyLibrary", GONE),
    chat(22, "FastGPT", "https://fastgpt.run/api/openapi", STANDARD),
    not_spoken(23, "Tencent"),
    of(24, "Gemini", GEMINI),
    chat(25, "Moonshot", "https://api.moonshot.cn", STANDARD),
    chat(26, "Zhipu v4", "https://open.bigmodel.cn", ZHIPU),
    chat(27, "Perplexity", "https://api.perplexity.ai", PERPLEXITY),
    chat(31, "LingYiWanWu", "https://api.lingyiwanwu.com", STANDARD),
    // Signed, and the gateway has other names for its models.
    not_spoken(33, "AWS"),
    of(34, "Cohere", COHERE),
    chat(35, "MiniMax", "https://api.minimax.chat", UNLISTED),
    not_testable(36, "Suno", TASKS),
    not_spoken(37, "Dify"),
    chat(38, "Jina", "https://api.jina.ai", WORDLESS),
    of(39, "Cloudflare", Way::Cloudflare { base: "https://api.cloudflare.com" }),
    chat(40, "SiliconFlow", "https://api.siliconflow.cn", STANDARD),
    not_spoken(41, "Vertex"),
    chat(42, "Mistral", "https://api.mistral.ai", STANDARD),
    chat(43, "DeepSeek", "https://api.deepseek.com", STANDARD),
    chat(44, "MokaAI", "https://api.moka.ai", WORDLESS),
    chat(45, "VolcEngine", "https://ark.cn-beijing.volces.com", ARK),
    chat(46, "Baidu v2", "https://qianfan.baidubce.com", QIANFAN),
    own_base(47, "Xinference", STANDARD),
    chat(48, "xAI", "https://api.x.ai", STANDARD),
    not_spoken(49, "Coze"),
    not_testable(50, "Kling", TASKS),
    not_testable(51, "Jimeng", TASKS),
    not_testable(52, "Vidu", TASKS),
    chat(53, "Submodel", "https://llm.submodel.ai", STANDARD),
    not_testable(54, "DoubaoVideo", TASKS),
    not_testable(55, "Sora", TASKS),
    not_testable(56, "Replicate", IMAGES),
    not_spoken(57, "Codex"),
    not_spoken(58, "Advanced Custom"),
    own_base(59, "Sub2API", STANDARD),
    own_base(60, "New API", STANDARD),
    not_testable(0, "Unknown", "the type was never set"),
];

/// The OpenAI base behind a word that New API takes in place of a URL; it includes the version.
pub(super) fn plan(base_url: &str) -> Option<&'static str> {
    match base_url {
        "glm-coding-plan" => Some("https://open.bigmodel.cn/api/coding/paas/v4"),
        "glm-coding-plan-international" => Some("https://api.z.ai/api/coding/paas/v4"),
        "kimi-coding-plan" => Some("https://api.kimi.com/coding/v1"),
        "doubao-coding-plan" => Some("https://ark.cn-beijing.volces.com/api/coding/v3"),
        _ => None,
    }
}

//! Where and how a channel's upstream is reached.

/// The protocol a channel type speaks. One variant a protocol; each has one file under `upstream/protocol/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OpenAI-compatible chat completions.
    OpenAi(OpenAiPaths),
}

/// The form in which a protocol answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's, and nearly everybody's.
    OpenAi,
    /// Anthropic's Messages.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
    /// Cohere's v2.
    Cohere,
    /// Ollama's own.
    Ollama,
}

impl Protocol {
    /// The form of its answers.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::OpenAi(_) => Dialect::OpenAi,
        }
    }
}

/// Where an OpenAI-compatible upstream keeps its calls, below the base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAiPaths {
    /// `/v1` for most; `/compatible-mode/v1` (DashScope), `/api/paas/v4` (Zhipu), `/api/v3` (Ark), nothing (Perplexity).
    pub version: &'static str,
    /// Below the version, `/chat/completions` for nearly all.
    pub chat: &'static str,
    /// Whether there is a `{version}/models` worth asking.
    pub listed: bool,
}

/// How to reach one channel's upstream, from the gateway's type table and the channel's base URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The gateway's name for the channel type ("OpenAI", "SiliconFlow"…).
    pub type_name: &'static str,
    /// The base URL: the channel's own, or the type's default in this gateway.
    pub base: String,
    /// What is spoken there.
    pub protocol: Protocol,
}

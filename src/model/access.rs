//! Where and how a channel's upstream is reached.

use jiff::civil::Date;

/// The protocol a channel type speaks. One variant a protocol; each has one file under `upstream/protocol/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OpenAI's calls, and nearly everybody's.
    OpenAi(OpenAiPaths),
    /// OpenAI's calls on Azure: the model is a deployment, and deployments cannot be listed.
    Azure(AzureApi),
    /// Anthropic's Messages.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
    /// Cohere's v2.
    Cohere,
    /// Ollama's own: asking a model loads it into memory.
    Ollama,
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
            Self::OpenAi(_) | Self::Azure(_) => Dialect::OpenAi,
            Self::Anthropic => Dialect::Anthropic,
            Self::Gemini => Dialect::Gemini,
            Self::Cohere => Dialect::Cohere,
            Self::Ollama => Dialect::Ollama,
        }
    }
}

/// Where an OpenAI-compatible upstream keeps its calls, below the base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAiPaths {
    /// `/v1` for most; `/compatible-mode/v1` (DashScope), `/api/paas/v4` (Zhipu), `/api/v3` (Ark), nothing (Perplexity).
    pub version: &'static str,
    /// Below the version, `/chat/completions` for nearly all; empty where nothing but embeddings and rerank is served.
    pub chat: &'static str,
    /// Whether there is a `{version}/models` worth asking.
    pub listed: bool,
}

/// How an Azure resource is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AzureApi {
    /// `/openai/v1/…`: the deployment's name stands in the body.
    V1,
    /// `/openai/deployments/{deployment}/…?api-version=`.
    Dated {
        /// The day of the version.
        version: Date,
        /// Whether `-preview` follows it.
        preview: bool,
        /// Whether a dot in a model's name stands in its deployment's name too: One API and old channels of New API take
        /// dots out.
        dots: bool,
    },
}

impl AzureApi {
    /// From an `api-version` as Azure writes it: `2025-04-01-preview`, `2024-10-21`.
    pub fn dated(version: &str, dots: bool) -> Option<Self> {
        let day = version.strip_suffix("-preview");
        let version = day.unwrap_or(version).parse().ok()?;
        Some(Self::Dated { version, preview: day.is_some(), dots })
    }

    /// The value of `api-version`, where there is one.
    pub fn version(self) -> Option<String> {
        match self {
            Self::V1 => None,
            Self::Dated { version, preview, .. } => Some(format!("{version}{}", if preview { "-preview" } else { "" })),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azures_versions_are_days() {
        for version in ["2024-10-21", "2025-04-01-preview"] {
            assert_eq!(AzureApi::dated(version, true).and_then(AzureApi::version).as_deref(), Some(version));
        }
        for nonsense in ["", "preview", "2024-10-21&x=y", "latest", "2024-13-01"] {
            assert_eq!(AzureApi::dated(nonsense, true), None, "{nonsense}");
        }
    }
}

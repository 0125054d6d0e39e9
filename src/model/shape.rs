//! The forms a probe's request may take.

/// The form of a probe's request. The first six are the ladder of a chat model (upstreams.md §1.1); the others are
/// the calls of other kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// A: `max_tokens` (or what the protocol calls it), whole answer.
    MaxTokens,
    /// B: `max_completion_tokens`, whole answer (OpenAI's reasoning models).
    MaxCompletionTokens,
    /// C: no limit, streamed and cut off after the first tokens (models that refuse any limit).
    Stream,
    /// D: OpenAI's Responses call, whole answer.
    Responses,
    /// E: as A, streamed (stream-only models).
    LimitedStream,
    /// E for OpenAI's reasoning models: as B, streamed.
    CompletionLimitedStream,
    /// G: a text to continue, without messages.
    Completion,
    /// G: a text to turn into a vector.
    Embedding,
    /// G: two documents to sort.
    Rerank,
    /// G: a text to judge.
    Moderation,
    /// G: a word to speak.
    Speech,
    /// G: half a second of silence to write down.
    Transcription,
    /// G: one smallest picture.
    Image,
    /// G: one page to read.
    Ocr,
}

impl Shape {
    /// In the order of the ladder.
    pub const ALL: [Self; 14] = [
        Self::MaxTokens,
        Self::MaxCompletionTokens,
        Self::Stream,
        Self::Responses,
        Self::LimitedStream,
        Self::CompletionLimitedStream,
        Self::Completion,
        Self::Embedding,
        Self::Rerank,
        Self::Moderation,
        Self::Speech,
        Self::Transcription,
        Self::Image,
        Self::Ocr,
    ];

    /// The shape's name in the store: never changed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::Stream => "stream",
            Self::Responses => "responses",
            Self::LimitedStream => "max_tokens_stream",
            Self::CompletionLimitedStream => "max_completion_tokens_stream",
            Self::Completion => "completion",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
            Self::Moderation => "moderation",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
            Self::Image => "image",
            Self::Ocr => "ocr",
        }
    }

    /// The shape with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.as_str() == name)
    }

    /// Whether the answer comes as a stream of events.
    pub fn streams(self) -> bool {
        matches!(self, Self::Stream | Self::LimitedStream | Self::CompletionLimitedStream)
    }

    /// Whether it asks a chat model (or one that answers at the Responses call) for words.
    pub fn asks_for_words(self) -> bool {
        match self {
            Self::MaxTokens
            | Self::MaxCompletionTokens
            | Self::Stream
            | Self::Responses
            | Self::LimitedStream
            | Self::CompletionLimitedStream => true,
            Self::Completion
            | Self::Embedding
            | Self::Rerank
            | Self::Moderation
            | Self::Speech
            | Self::Transcription
            | Self::Image
            | Self::Ocr => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable() {
        assert_eq!(
            Shape::ALL[..4].iter().map(|shape| shape.as_str()).collect::<Vec<_>>(),
            ["max_tokens", "max_completion_tokens", "stream", "responses"]
        );
        for shape in Shape::ALL {
            assert_eq!(Shape::parse(shape.as_str()), Some(shape));
        }
        assert_eq!(Shape::parse("sideways"), None);
    }
}

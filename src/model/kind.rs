//! What a model is for.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of a model: which call it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Answers messages.
    Chat,
    /// Answers at OpenAI's Responses call only.
    Responses,
    /// Chat by form, but one answer costs cents or dollars, or starts a research.
    Expensive,
    /// Turns text into vectors.
    Embedding,
    /// Sorts documents.
    Rerank,
    /// Judges content.
    Moderation,
    /// Continues a text, without messages.
    Completion,
    /// Text to speech.
    Speech,
    /// Speech to text.
    Transcription,
    /// Makes or edits pictures.
    Image,
    /// Makes films.
    Video,
    /// Talks over a socket.
    Realtime,
    /// Reads documents.
    Ocr,
    /// Makes music.
    Music,
}

impl Kind {
    /// Every kind, in declaration order.
    pub const ALL: [Self; 14] = [
        Self::Chat,
        Self::Responses,
        Self::Expensive,
        Self::Embedding,
        Self::Rerank,
        Self::Moderation,
        Self::Completion,
        Self::Speech,
        Self::Transcription,
        Self::Image,
        Self::Video,
        Self::Realtime,
        Self::Ocr,
        Self::Music,
    ];

    /// The kind's name in the configuration, in tables and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Expensive => "expensive",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
            Self::Moderation => "moderation",
            Self::Completion => "completion",
            Self::Speech => "speech",
            Self::Transcription => "transcription",
            Self::Image => "image",
            Self::Video => "video",
            Self::Realtime => "realtime",
            Self::Ocr => "ocr",
            Self::Music => "music",
        }
    }

    /// The kind with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether we have a request that tests this kind. Films, music and live talk cost too much, or take a socket.
    pub fn has_a_probe(self) -> bool {
        !matches!(self, Self::Video | Self::Realtime | Self::Music)
    }

    /// Whether one answer costs more than a few tokens: such a model is asked once a day at most.
    pub fn is_dear(self) -> bool {
        match self {
            Self::Chat | Self::Responses | Self::Embedding | Self::Moderation | Self::Completion => false,
            Self::Expensive
            | Self::Rerank
            | Self::Speech
            | Self::Transcription
            | Self::Image
            | Self::Video
            | Self::Realtime
            | Self::Ocr
            | Self::Music => true,
        }
    }

    /// The shape to begin with.
    pub fn first_shape(self) -> Option<super::Shape> {
        use super::Shape;
        match self {
            Self::Chat | Self::Expensive => Some(Shape::MaxTokens),
            Self::Responses => Some(Shape::Responses),
            Self::Embedding => Some(Shape::Embedding),
            Self::Rerank => Some(Shape::Rerank),
            Self::Moderation => Some(Shape::Moderation),
            Self::Completion => Some(Shape::Completion),
            Self::Speech => Some(Shape::Speech),
            Self::Transcription => Some(Shape::Transcription),
            Self::Image => Some(Shape::Image),
            Self::Ocr => Some(Shape::Ocr),
            Self::Video | Self::Realtime | Self::Music => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_has_a_shape_if_it_has_a_probe() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.first_shape().is_some(), kind.has_a_probe());
        }
    }
}

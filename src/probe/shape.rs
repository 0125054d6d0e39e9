//! The forms a probe's request may take, and the order in which they are tried.
//!
//! Decides: names and ladder of the shapes. Must not know: HTTP, answers.

use crate::upstream::protocol::TokenLimit;

/// The form of a probe's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A: `max_tokens`, whole answer.
    MaxTokens,
    /// B: `max_completion_tokens`, whole answer (OpenAI's reasoning models).
    MaxCompletionTokens,
    /// C: no limit, streamed and cut off after the first tokens (stream-only models, models that refuse any limit).
    Stream,
}

impl Shape {
    /// In the order of the ladder.
    pub const ALL: [Self; 3] = [Self::MaxTokens, Self::MaxCompletionTokens, Self::Stream];

    /// The shape's name in the store: never changed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::Stream => "stream",
        }
    }

    /// The shape with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.as_str() == name)
    }

    /// The token limit it sends.
    pub fn limit(self, tokens: u32) -> TokenLimit {
        match self {
            Self::MaxTokens => TokenLimit::MaxTokens(tokens),
            Self::MaxCompletionTokens => TokenLimit::MaxCompletionTokens(tokens),
            Self::Stream => TokenLimit::None,
        }
    }
}

/// Which shapes one probe has tried: each at most once.
#[derive(Debug)]
pub(super) struct Ladder {
    tried: [bool; 3],
}

impl Ladder {
    /// A ladder without B where the upstream would not read its limit.
    pub(super) fn new(completion_limit: bool) -> Self {
        Self { tried: [false, !completion_limit, false] }
    }

    /// The shape to begin with: the one that worked last time, else A.
    pub(super) fn first(&mut self, remembered: Option<&str>) -> Shape {
        let shape = remembered.and_then(Shape::parse).filter(|shape| !self.tried[*shape as usize]);
        self.take(shape.unwrap_or(Shape::MaxTokens))
    }

    /// The shape to try after a refusal that hints at `hint`: that one, or else the next one not tried.
    pub(super) fn next(&mut self, hint: Shape) -> Option<Shape> {
        let shape = std::iter::once(hint).chain(Shape::ALL).find(|shape| !self.tried[*shape as usize])?;
        Some(self.take(shape))
    }

    fn take(&mut self, shape: Shape) -> Shape {
        self.tried[shape as usize] = true;
        shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_is_tried_once_and_the_remembered_one_first() {
        let mut ladder = Ladder::new(true);
        assert_eq!(ladder.first(Some("stream")), Shape::Stream);
        assert_eq!(ladder.next(Shape::Stream), Some(Shape::MaxTokens));
        assert_eq!(ladder.next(Shape::MaxCompletionTokens), Some(Shape::MaxCompletionTokens));
        assert_eq!(ladder.next(Shape::MaxTokens), None);
    }

    #[test]
    fn an_upstream_that_does_not_read_b_never_gets_it() {
        let mut ladder = Ladder::new(false);
        assert_eq!(ladder.first(Some("max_completion_tokens")), Shape::MaxTokens);
        assert_eq!(ladder.next(Shape::MaxCompletionTokens), Some(Shape::Stream));
        assert_eq!(ladder.next(Shape::MaxCompletionTokens), None);
    }

    #[test]
    fn names_are_stable() {
        assert_eq!(Shape::ALL.map(Shape::as_str), ["max_tokens", "max_completion_tokens", "stream"]);
        assert_eq!(Shape::parse("sideways"), None);
    }
}

//! The order in which a probe's shapes are tried.
//!
//! Decides: which shape comes first and which next. Must not know: HTTP, answers' words, prices.

use crate::model::{Outcome, Shape};

/// The shapes that are tried without a hint after a refused one, in this order: the others need a reason.
const UNBIDDEN: [Shape; 3] = [Shape::MaxTokens, Shape::MaxCompletionTokens, Shape::Stream];
/// What is asked of an upstream that has no chat.
const WORDLESS: [Shape; 2] = [Shape::Embedding, Shape::Rerank];

/// Which shapes one probe has tried: each at most once.
#[derive(Debug)]
pub(super) struct Ladder {
    spoken: [bool; Shape::ALL.len()],
    tried: [bool; Shape::ALL.len()],
    last: Shape,
    guessed: bool,
}

impl Ladder {
    /// A ladder of those shapes that the protocol has.
    pub(super) fn new(speaks: impl Fn(Shape) -> bool) -> Self {
        let spoken = Shape::ALL.map(speaks);
        Self { spoken, tried: [false; Shape::ALL.len()], last: Shape::MaxTokens, guessed: true }
    }

    /// The shape to begin with: the one that worked last time, else the kind's own; as a stream where `streamed` and
    /// there is such a form of it. A shape that the protocol lacks comes back only if there is nothing else to ask.
    pub(super) fn first(&mut self, own: Option<Shape>, remembered: Option<&str>, streamed: bool) -> Shape {
        let remembered = remembered.and_then(Shape::parse).filter(|shape| self.speaks(*shape));
        self.guessed = remembered.is_none();
        let shape = remembered.or(own).unwrap_or(Shape::MaxTokens);
        let stream = match shape {
            Shape::MaxTokens => Some(Shape::LimitedStream),
            Shape::MaxCompletionTokens => Some(Shape::CompletionLimitedStream),
            Shape::Stream
            | Shape::Responses
            | Shape::LimitedStream
            | Shape::CompletionLimitedStream
            | Shape::Completion
            | Shape::Embedding
            | Shape::Rerank
            | Shape::Moderation
            | Shape::Speech
            | Shape::Transcription
            | Shape::Image
            | Shape::Ocr => None,
        };
        let shape = stream.filter(|stream| streamed && self.speaks(*stream)).unwrap_or(shape);
        let others = UNBIDDEN.into_iter().chain(WORDLESS).filter(|_| shape.asks_for_words());
        let shape = std::iter::once(shape).chain(others).find(|shape| self.speaks(*shape)).unwrap_or(shape);
        self.take(shape)
    }

    /// The shape to try after the last one came to `outcome`: when it was refused with a hint, the hinted one, or else
    /// the next one not tried; when a name alone led to the Responses call and that failed, chat.
    pub(super) fn next(&mut self, outcome: Outcome, hint: Option<Shape>) -> Option<Shape> {
        let hint = match hint.filter(|_| outcome == Outcome::Shape) {
            Some(hint) => self.adapted(hint),
            // An empty answer may be a budget used up in thought, or a cold start: once more with room, as a stream.
            None if outcome == Outcome::Empty && self.last.asks_for_words() && self.is_open(Shape::Stream) => {
                Shape::Stream
            }
            None if self.last == Shape::Responses && self.guessed && may_be_the_call(outcome) => Shape::MaxTokens,
            None => return None,
        };
        // "Only at the Responses call", which has answered already: no form of chat will do.
        let circle = hint == Shape::Responses && !self.is_open(hint);
        if circle || costs(hint) {
            return None;
        }
        let others = UNBIDDEN.into_iter().filter(|_| self.last.asks_for_words());
        let shape = std::iter::once(hint).chain(others).find(|shape| self.is_open(*shape))?;
        Some(self.take(shape))
    }

    /// A hint tells of one thing, the limit's name or the stream; the other stays as it was.
    fn adapted(&self, hint: Shape) -> Shape {
        match (self.last, hint) {
            (Shape::MaxCompletionTokens, Shape::LimitedStream) | (Shape::LimitedStream, Shape::MaxCompletionTokens) => {
                Shape::CompletionLimitedStream
            }
            (_, Shape::Stream) if !self.speaks(Shape::Stream) => Shape::LimitedStream,
            _ => hint,
        }
    }

    fn speaks(&self, shape: Shape) -> bool {
        self.spoken[shape as usize]
    }

    fn is_open(&self, shape: Shape) -> bool {
        self.speaks(shape) && !self.tried[shape as usize]
    }

    fn take(&mut self, shape: Shape) -> Shape {
        self.tried[shape as usize] = true;
        self.last = shape;
        shape
    }
}

/// Whether another call may be answered where this one was not: many resellers serve a Responses model as chat only,
/// and say so in many ways.
fn may_be_the_call(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Gone
        | Outcome::NoRoute
        | Outcome::Broken
        | Outcome::ChannelConfig
        | Outcome::Shape
        | Outcome::Unknown => true,
        Outcome::Works
        | Outcome::Filtered
        | Outcome::NoAccess
        | Outcome::TimedOut
        | Outcome::Empty
        | Outcome::Suspect
        | Outcome::Busy
        | Outcome::KeyBad
        | Outcome::KeyBroke
        | Outcome::Unreachable => false,
    }
}

/// Shapes that a hint alone does not lead to: the operator opens those kinds.
fn costs(shape: Shape) -> bool {
    matches!(shape, Shape::Speech | Shape::Transcription | Shape::Image | Shape::Ocr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Ladder {
        Ladder::new(|_| true)
    }

    #[test]
    fn each_shape_is_tried_once_and_the_remembered_one_first() {
        let mut ladder = all();
        assert_eq!(ladder.first(Some(Shape::MaxTokens), Some("stream"), false), Shape::Stream);
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::Stream)), Some(Shape::MaxTokens));
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::MaxCompletionTokens)), Some(Shape::MaxCompletionTokens));
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::MaxTokens)), None);
        assert_eq!(all().first(Some(Shape::Embedding), Some("sideways"), true), Shape::Embedding);
    }

    #[test]
    fn only_a_refused_shape_leads_on_and_only_with_a_hint() {
        for (outcome, hint) in [(Outcome::Gone, Some(Shape::Stream)), (Outcome::Shape, None), (Outcome::Works, None)] {
            let mut ladder = all();
            ladder.first(None, None, false);
            assert_eq!(ladder.next(outcome, hint), None, "{outcome}");
        }
    }

    #[test]
    fn a_shape_that_the_protocol_lacks_is_skipped() {
        // Ollama: neither B nor C.
        let mut ladder = Ladder::new(|shape| matches!(shape, Shape::MaxTokens | Shape::LimitedStream));
        assert_eq!(ladder.first(Some(Shape::MaxTokens), Some("max_completion_tokens"), false), Shape::MaxTokens);
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::Stream)), Some(Shape::LimitedStream));
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::MaxCompletionTokens)), None);
        // Jina: no chat at all.
        let mut ladder = Ladder::new(|shape| matches!(shape, Shape::Embedding | Shape::Rerank));
        assert_eq!(ladder.first(Some(Shape::MaxTokens), None, true), Shape::Embedding);
        // Anthropic has no vectors; a model for them is not asked to chat instead.
        let mut ladder = Ladder::new(|shape| shape == Shape::MaxTokens);
        assert_eq!(ladder.first(Some(Shape::Embedding), None, false), Shape::Embedding);
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::Embedding)), None);
    }

    #[test]
    fn streams_keep_the_name_of_the_limit() {
        let mut ladder = all();
        assert_eq!(ladder.first(Some(Shape::MaxTokens), None, true), Shape::LimitedStream);
        let reasoner = ladder.next(Outcome::Shape, Some(Shape::MaxCompletionTokens));
        assert_eq!(reasoner, Some(Shape::CompletionLimitedStream));
        // F: this organisation may not stream.
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::MaxTokens)), Some(Shape::MaxTokens));
        let mut ladder = all();
        assert_eq!(ladder.first(None, Some("max_completion_tokens"), true), Shape::CompletionLimitedStream);
        let mut ladder = all();
        ladder.first(None, Some("max_completion_tokens"), false);
        assert_eq!(ladder.next(Outcome::Shape, Some(Shape::LimitedStream)), Some(Shape::CompletionLimitedStream));
    }

    #[test]
    fn a_name_that_led_to_the_responses_call_falls_back_to_chat() {
        for outcome in [Outcome::Gone, Outcome::ChannelConfig, Outcome::Broken] {
            let mut ladder = all();
            assert_eq!(ladder.first(Some(Shape::Responses), None, true), Shape::Responses);
            assert_eq!(ladder.next(outcome, None), Some(Shape::MaxTokens), "{outcome}");
            assert_eq!(ladder.next(Outcome::Gone, None), None);
            assert_eq!(ladder.next(Outcome::Shape, Some(Shape::Responses)), None);
        }
        for (outcome, remembered) in [(Outcome::Busy, None), (Outcome::Gone, Some("responses"))] {
            let mut ladder = all();
            ladder.first(Some(Shape::Responses), remembered, false);
            assert_eq!(ladder.next(outcome, None), None, "{outcome}");
        }
    }

    #[test]
    fn a_hint_leads_to_other_kinds_but_to_none_that_costs() {
        for (hint, next) in [
            (Shape::Responses, Some(Shape::Responses)),
            (Shape::Embedding, Some(Shape::Embedding)),
            (Shape::Rerank, Some(Shape::Rerank)),
            (Shape::Image, None),
            (Shape::Speech, None),
        ] {
            let mut ladder = all();
            ladder.first(Some(Shape::MaxTokens), None, false);
            assert_eq!(ladder.next(Outcome::Shape, Some(hint)), next);
        }
    }
}

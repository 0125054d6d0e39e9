//! The order in which a probe's shapes are tried.
//!
//! Decides: which shape comes first and which next. Must not know: HTTP, answers.

use crate::model::{Kind, Shape};

/// The shapes that are tried without a hint after a refused one, in this order: the others need a reason.
const UNBIDDEN: [Shape; 3] = [Shape::MaxTokens, Shape::MaxCompletionTokens, Shape::Stream];

/// Which shapes one probe has tried: each at most once.
#[derive(Debug)]
pub(super) struct Ladder {
    tried: [bool; Shape::ALL.len()],
}

impl Ladder {
    /// A ladder without B where the upstream would not read its limit.
    pub(super) fn new(completion_limit: bool) -> Self {
        let mut tried = [false; Shape::ALL.len()];
        for shape in [Shape::MaxCompletionTokens, Shape::CompletionLimitedStream] {
            tried[shape as usize] = !completion_limit;
        }
        Self { tried }
    }

    /// The shape to begin with: the one that worked last time, else the kind's own.
    pub(super) fn first(&mut self, kind: Kind, remembered: Option<&str>) -> Shape {
        let shape = remembered.and_then(Shape::parse).filter(|shape| !self.tried[*shape as usize]);
        self.take(shape.or(kind.first_shape()).unwrap_or(Shape::MaxTokens))
    }

    /// The shape to try after a refusal that hints at `hint`: that one, or else the next one not tried.
    pub(super) fn next(&mut self, hint: Shape) -> Option<Shape> {
        let shape = std::iter::once(hint).chain(UNBIDDEN).find(|shape| !self.tried[*shape as usize])?;
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
        assert_eq!(ladder.first(Kind::Chat, Some("stream")), Shape::Stream);
        assert_eq!(ladder.next(Shape::Stream), Some(Shape::MaxTokens));
        assert_eq!(ladder.next(Shape::MaxCompletionTokens), Some(Shape::MaxCompletionTokens));
        assert_eq!(ladder.next(Shape::MaxTokens), None);
    }

    #[test]
    fn an_upstream_that_does_not_read_b_never_gets_it() {
        let mut ladder = Ladder::new(false);
        assert_eq!(ladder.first(Kind::Chat, Some("max_completion_tokens")), Shape::MaxTokens);
        assert_eq!(ladder.next(Shape::MaxCompletionTokens), Some(Shape::Stream));
        assert_eq!(ladder.next(Shape::MaxCompletionTokens), None);
    }
}

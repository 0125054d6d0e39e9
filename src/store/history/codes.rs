//! Outcomes, shapes and lights as the numbers they are kept as.
//!
//! Decides: which number is which, for ever. Must not know: what any of them means.

use super::Light;
use crate::model::{Mark, Outcome, Shape};
use crate::rollup::Sight;

/// An outcome's number is its place here. Only ever appended to.
const OUTCOMES: [Outcome; 16] = [
    Outcome::Works,
    Outcome::Filtered,
    Outcome::Gone,
    Outcome::NoAccess,
    Outcome::NoRoute,
    Outcome::Broken,
    Outcome::TimedOut,
    Outcome::Empty,
    Outcome::Busy,
    Outcome::KeyBad,
    Outcome::KeyBroke,
    Outcome::ChannelConfig,
    Outcome::Unreachable,
    Outcome::Shape,
    Outcome::Suspect,
    Outcome::Unknown,
];

/// A shape's number is its place here. Only ever appended to.
const SHAPES: [Shape; 14] = [
    Shape::MaxTokens,
    Shape::MaxCompletionTokens,
    Shape::Stream,
    Shape::Responses,
    Shape::LimitedStream,
    Shape::CompletionLimitedStream,
    Shape::Completion,
    Shape::Embedding,
    Shape::Rerank,
    Shape::Moderation,
    Shape::Speech,
    Shape::Transcription,
    Shape::Image,
    Shape::Ocr,
];

/// A mark's bit is its place here, after the one for a cold connection. Only ever appended to.
const MARKS: [Mark; 3] = [Mark::WrongAnswer, Mark::Substituted, Mark::CutOff];

/// In the order of their numbers.
const LIGHTS: [Light; 4] = [Light::Up, Light::Degraded, Light::Down, Light::Unknown];

/// The bit that says that a connection had to be opened first.
const COLD: i64 = 1;

fn place<T: PartialEq>(all: &[T], one: &T) -> i64 {
    all.iter().position(|other| other == one).and_then(|place| i64::try_from(place).ok()).unwrap_or(-1)
}

fn at<T: Copy>(all: &[T], code: i64) -> Option<T> {
    all.get(usize::try_from(code).ok()?).copied()
}

pub(crate) fn of_outcome(outcome: Outcome) -> i64 {
    place(&OUTCOMES, &outcome)
}

/// A number that nobody wrote is an outcome that nobody knows.
pub(crate) fn outcome(code: i64) -> Outcome {
    at(&OUTCOMES, code).unwrap_or(Outcome::Unknown)
}

pub(crate) fn of_shape(shape: Shape) -> i64 {
    place(&SHAPES, &shape)
}

/// The shape's name.
pub(crate) fn shape(code: i64) -> &'static str {
    at(&SHAPES, code).map_or("", Shape::as_str)
}

pub(crate) fn flags(cold: bool, marks: &[Mark]) -> i64 {
    marks.iter().map(|mark| bit(*mark)).fold(if cold { COLD } else { 0 }, |all, bit| all | bit)
}

fn bit(mark: Mark) -> i64 {
    2 << place(&MARKS, &mark).max(0)
}

pub(crate) fn is_cold(flags: i64) -> bool {
    flags & COLD != 0
}

pub(crate) fn marks(flags: i64) -> Vec<Mark> {
    MARKS.into_iter().filter(|mark| flags & bit(*mark) != 0).collect()
}

pub(crate) fn of_light(light: Light) -> i64 {
    place(&LIGHTS, &light)
}

pub(crate) fn light(code: i64) -> Light {
    at(&LIGHTS, code).unwrap_or_default()
}

/// An outcome in the seeds' words: `OK`, `429`, `HTTP 503`, `FAIL` where no answer came.
pub(crate) fn label(outcome: Outcome, status: Option<u16>) -> String {
    match (Sight::of(outcome), status) {
        (Sight::Up, _) => "OK".to_owned(),
        (_, Some(429)) => "429".to_owned(),
        (_, Some(status)) => format!("HTTP {status}"),
        (_, None) => "FAIL".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_keeps_its_number() {
        for outcome in Outcome::ALL {
            assert_eq!(super::outcome(of_outcome(outcome)), outcome);
        }
        for shape in Shape::ALL {
            assert_eq!(super::shape(of_shape(shape)), shape.as_str());
        }
        // Pinned: stores hold these numbers.
        assert_eq!((of_outcome(Outcome::Works), of_outcome(Outcome::Busy), of_outcome(Outcome::Unknown)), (0, 8, 15));
        assert_eq!((of_shape(Shape::MaxTokens), of_shape(Shape::Ocr)), (0, 13));
        assert_eq!((bit(Mark::WrongAnswer), bit(Mark::CutOff)), (2, 8));
        assert_eq!((of_light(Light::Up), of_light(Light::Unknown)), (0, 3), "the table's default is unknown");
    }

    #[test]
    fn outcomes_are_labelled_in_the_seeds_words() {
        let labels = [
            label(Outcome::Works, Some(200)),
            label(Outcome::Filtered, Some(400)),
            label(Outcome::Busy, Some(429)),
            label(Outcome::Busy, Some(503)),
            label(Outcome::TimedOut, None),
        ];
        assert_eq!(labels, ["OK", "OK", "429", "HTTP 503", "FAIL"]);
    }
}

//! Refusals of our request's form: another call, another shape, fewer tokens. They say nothing of the model.
//!
//! Decides: which form may be tried next. Must not know: hosts, which forms were tried.

use super::rule::{ANY, Rule};
use crate::model::{Outcome as O, Shape};

/// In order: the first match counts.
pub(super) static TABLE: &[Rule] = &[
    // Too many tokens for the rest of the money.
    ANY.status(&[402, 403]).text(&["fewer max_tokens"]).fewer(O::KeyBroke),
    // It thought until the limit: alive.
    ANY.text(&["could not finish the message because max_tokens", "model output limit was reached"]).is(O::Works),
    // Another kind of call: which, the words tell.
    ANY.text(&[
        "only supported in v1/responses",
        "use the responses api",
        "use v1/responses",
        "in v1/responses instead",
    ])
    .then(Shape::Responses),
    // What answers at neither chat nor completions is asked for a response.
    ANY.text(&["not supported in the v1/completions", "not supported in v1/completions", "not a completion model"])
        .then(Shape::Responses),
    ANY.text(&["not a chat model", "did you mean to use v1/completions"]).then(Shape::Completion),
    ANY.text(&["not supported by the embed api", "not supported for embed", "is a rerank model", "is a reranker"])
        .then(Shape::Rerank),
    ANY.text(&[
        "is an embedding model",
        "does not support chat",
        "does not support generate",
        "not supported by the chat api",
        "not supported by the generate api",
        "use v1/embeddings",
        "only supported in v1/embeddings",
        "not allowed to sample from this model",
    ])
    .then(Shape::Embedding),
    ANY.text(&["only supported in v1/audio/speech", "use v1/audio/speech"]).then(Shape::Speech),
    ANY.text(&["only supported in v1/audio/transcriptions", "use v1/audio/transcriptions"]).then(Shape::Transcription),
    ANY.text(&["only supported in v1/images", "use v1/images/generations"]).then(Shape::Image),
    ANY.text(&[
        "not supported in the v1/chat/completions",
        "for openai compatibility mode",
        "does not support embed",
        "not supported by the rerank api",
        "interactions api",
    ])
    .is(O::Shape),
    ANY.code(&["operationnotsupported", "wrong_endpoint"]).text(&["chatcompletion operation"]).then(Shape::Responses),
    ANY.code(&["operationnotsupported", "wrong_endpoint"]).text(&["responses operation"]).then(Shape::Embedding),
    ANY.code(&["operationnotsupported", "wrong_endpoint"]).is(O::Shape),
    // The wrong shape.
    ANY.text(&["max_completion_tokens"])
        .and(&[
            "extra inputs are not permitted",
            "unrecognized",
            "unexpected",
            "extra_forbidden",
            "unknown field",
            "unknown parameter",
        ])
        .then(Shape::MaxTokens),
    ANY.status(&[400, 404, 422])
        .text(&["use 'max_completion_tokens'", "use `max_completion_tokens`", "max_completion_tokens"])
        .then(Shape::MaxCompletionTokens),
    ANY.param(&["max_completion_tokens"]).then(Shape::MaxTokens),
    ANY.code(&["unsupported_parameter", "unsupported_value"]).param(&["max_tokens"]).then(Shape::MaxCompletionTokens),
    ANY.text(&[
        "only support stream",
        "only supports stream",
        "streaming_required",
        "must be set to false for non-streaming",
        "stream must be set to true",
        "stream must be true",
        "please use stream",
        "only stream mode",
    ])
    .then(Shape::LimitedStream),
    ANY.code(&["streaming_required"]).then(Shape::LimitedStream),
    ANY.text(&["must be verified to stream"]).then(Shape::MaxTokens),
    ANY.code(&["context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"])
        .then(Shape::Stream),
    ANY.status(&[400, 413, 422])
        .text(&[
            "maximum context length",
            "max_tokens is too",
            "max_tokens must be",
            "minimum value",
            "below minimum",
            "maxoutputtokens",
        ])
        .then(Shape::Stream),
    ANY.code(&["unsupported_parameter", "unsupported_value", "extra_forbidden"]).then(Shape::Stream),
    ANY.status(&[400, 422])
        .text(&[
            "is deprecated for this model",
            "extra inputs are not permitted",
            "unsupported parameter",
            "unsupported value",
        ])
        .then(Shape::Stream),
];

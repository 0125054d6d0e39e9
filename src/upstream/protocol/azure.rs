//! OpenAI's calls on Azure, by deployment.
//!
//! Decides: their URLs. Must not know: the bodies, which are OpenAI's; answers.

use reqwest::Request;

use super::{Question, openai};
use crate::model::{AzureApi, ModelName, Shape};
use crate::upstream::Target;

pub(super) fn speaks(shape: Shape) -> bool {
    match shape {
        Shape::MaxTokens
        | Shape::MaxCompletionTokens
        | Shape::Stream
        | Shape::Responses
        | Shape::LimitedStream
        | Shape::CompletionLimitedStream
        | Shape::Completion
        | Shape::Embedding
        | Shape::Speech
        | Shape::Transcription
        | Shape::Image => true,
        Shape::Rerank | Shape::Moderation | Shape::Ocr => false,
    }
}

pub(super) fn question(target: &Target, api: AzureApi, question: &Question<'_>) -> Option<Request> {
    let plain = matches!(api, AzureApi::Dated { dots: false, .. });
    let stripped = plain.then(|| ModelName::parse(&question.model.as_str().replace('.', ""))).flatten();
    let question = Question { model: stripped.as_ref().unwrap_or(question.model), ..*question };
    let call = openai::path(question.shape).split('/').filter(|segment| !segment.is_empty());
    // A base that ends in `/openai/v1` is asked in its own form, whatever the channel's version says.
    let dated = target.endpoints.call([]).query().is_some();
    let url = match (dated, question.shape) {
        (false, _) => target.endpoints.call(call),
        // There is no Responses call below a deployment.
        (true, Shape::Responses) => {
            let mut url = target.endpoints.call([]);
            let root = url.path().strip_suffix("/deployments")?;
            url.set_path(&format!("{root}/v1/responses"));
            url.set_query(Some("api-version=preview"));
            url
        }
        (true, _) => target.endpoints.call(std::iter::once(question.model.as_str()).chain(call)),
    };
    openai::send(target, url, &question)
}

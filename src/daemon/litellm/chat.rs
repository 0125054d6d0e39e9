//! One small real question to a model, as a user would ask it: through the router, with its fallbacks.
//!
//! Decides: what is noted of it. Must not know: what an answer means, what it comes to over time.

use super::CHAT;
use crate::clock;
use crate::gateway::LiteLlm;
use crate::litellm::incidents::{Found, Sign};
use crate::model::{Check, Class, Observation, Outcome, Shape, SignSource, Usage};
use crate::probe::{Inquiry, litellm_answer};

/// What a question showed; no sign where it showed nothing of the model.
pub(super) struct Said {
    pub(super) check: Check,
    pub(super) sign: Option<Sign>,
}

/// Asks, if the budget lets it through.
pub(super) async fn ask(litellm: &LiteLlm, inquiry: &Inquiry, gateway: &str, name: &str) -> Said {
    let mut found = None;
    let question = async {
        let (outcome, detail, latency) = match litellm.chat(name).await {
            Ok(answer) => {
                let said = litellm_answer(answer.status, &answer.body);
                found = Some(said.class.map_or(Found::Well, Found::Trouble));
                let detail = match answer.fallbacks {
                    0 => litellm.shown(&said.detail),
                    tried => format!("a fallback answered ({tried} tried)"),
                };
                // Then it says nothing of the model itself.
                found = found.filter(|found| answer.fallbacks == 0 || *found != Found::Well);
                (said.outcome, detail, Some(answer.latency))
            }
            Err(error) => {
                found = Some(Found::Trouble(Class::Server));
                (Outcome::TimedOut, error.trouble.to_string(), None)
            }
        };
        let latency_ms = latency.map(|latency| u32::try_from(latency.as_millis()).unwrap_or(u32::MAX));
        Observation {
            latency_ms: latency_ms.unwrap_or_default(),
            usage: Usage { requests: 1, ..Usage::default() },
            ..Observation::bare(outcome, clock::now(), Shape::MaxTokens, detail)
        }
    };
    let seen = inquiry.ask_through(gateway, 1, question).await;
    let well = seen.was_sent().then_some(matches!(seen.outcome, Outcome::Works | Outcome::Filtered));
    let check = Check {
        name: format!("{CHAT}{name}"),
        well,
        detail: seen.detail.clone(),
        latency_ms: Some(seen.latency_ms).filter(|latency| *latency > 0),
        at: seen.at,
    };
    let sign = found.map(|found| Sign {
        subject: name.to_owned(),
        deployment: String::new(),
        found,
        detail: seen.detail,
        source: SignSource::Chat,
        at: seen.at,
    });
    Said { check, sign }
}

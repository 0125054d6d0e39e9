//! The gateway's own test of one model of a channel: for channels whose key it shows to nobody.
//!
//! Decides: which names a gateway certainly tests as themselves, and how fast it is asked to. Must not know: what an
//! answer says of the model.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use url::form_urlencoded::byte_serialize;

use super::{Admin, ApiError, Trouble};
use crate::model::{Channel, GatewayKind, Kind, ModelName, Status, TestAnswer};

const DOING: &str = "have a model tested";

/// When the last test began; one runs at a time.
pub(super) type Tests = Mutex<Option<Instant>>;

impl Admin {
    /// Has a channel's model tested: one at a time, and no faster than all other calls once those are in a hurry. It asks
    /// the upstream a question that is billed to the gateway's first user; nothing else is changed but the time of the
    /// last test.
    ///
    /// # Errors
    /// The gateway did not answer, or not as it should: nothing is known of the model.
    pub async fn test(&self, channel: i64, model: &ModelName) -> Result<TestAnswer, ApiError> {
        let mut last = self.tests.lock().await;
        if let Some(last) = *last {
            sleep_until(last + self.client.each()).await;
        }
        *last = Some(Instant::now());
        let model: String = byte_serialize(model.as_str().as_bytes()).collect();
        let body = self.client.get_whole(DOING, &format!("api/channel/test/{channel}?model={model}")).await?;
        let Some(success) = body.get("success").and_then(Value::as_bool) else {
            return Err(self.client.error(DOING, Trouble::Odd("there is no `success` in its answer".to_owned())));
        };
        let text = |key| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let seconds = body.get("time").and_then(Value::as_f64).unwrap_or_default();
        let latency = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Ok(TestAnswer {
            success,
            message: text("message"),
            latency_ms: u32::try_from(latency.as_millis()).unwrap_or(u32::MAX),
            error_code: text("error_code"),
        })
    }
}

/// Whether a gateway can have any model of the channel tested without doing anything else to it.
///
/// # Errors
/// Why not, for people.
pub fn may_test(gateway: GatewayKind, channel: &Channel) -> Result<(), String> {
    match (gateway, channel.status) {
        (GatewayKind::OneHub | GatewayKind::DoneHub, _) => {
            Err(format!("its key cannot be read, and {gateway}'s own test may switch it off: give `database`"))
        }
        // LiteLLM checks what is blocked as well, and changes nothing.
        (GatewayKind::LiteLlm, _)
        | (GatewayKind::OneApi | GatewayKind::NewApi | GatewayKind::Veloera, Status::Enabled) => Ok(()),
        (
            GatewayKind::OneApi | GatewayKind::NewApi | GatewayKind::Veloera,
            Status::ManuallyDisabled | Status::AutoDisabled | Status::Unknown(_),
        ) => Err("its key cannot be read, and only enabled channels are tested by the gateway".to_owned()),
    }
}

/// Whether the gateway tests this name as itself, with the call that it is for. `upstream` is what its mapping leads to.
///
/// # Errors
/// What it would do instead, for people.
pub fn tests_as_itself(
    gateway: GatewayKind,
    channel: &Channel,
    (model, upstream): (&ModelName, &ModelName),
    kind: Kind,
) -> Result<(), String> {
    let wrongly = || Err(format!("{kind}: {gateway} would test it by another call"));
    match gateway {
        GatewayKind::OneHub | GatewayKind::DoneHub => Err(format!("{gateway}'s own test may switch the channel off")),
        // It knows what each of its models is for (`model_info.mode`).
        GatewayKind::LiteLlm => Ok(()),
        // Whatever is no part of the whole list's text becomes its first name, without a word.
        GatewayKind::OneApi if !channel.models.as_deref().unwrap_or_default().contains(model.as_str()) => {
            Err("not on its list: One API would test the list's first model instead".to_owned())
        }
        GatewayKind::OneApi => {
            if kind == Kind::Chat {
                Ok(())
            } else {
                wrongly()
            }
        }
        // The call is chosen by the name that is asked for, what is sent by the name that is sent.
        GatewayKind::NewApi | GatewayKind::Veloera => {
            match (kind, Call::of(channel, model), Call::of(channel, upstream)) {
                (Kind::Chat, Call::Chat, Call::Chat) | (Kind::Embedding, Call::Embeddings, Call::Embeddings) => Ok(()),
                _ => wrongly(),
            }
        }
    }
}

/// Which call New API's test takes a name for, in each of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Chat,
    Embeddings,
    /// A call that depends on the version, or a question in another call's form.
    Unsure,
}

/// New API's number of Moka AI, whose models it takes for embeddings whatever their names.
const MOKA: i64 = 44;

impl Call {
    fn of(channel: &Channel, model: &ModelName) -> Self {
        let name = model.as_str().to_lowercase();
        let unsure = ["rerank", "codex", "seedream", "-openai-compact"];
        if channel.type_number == MOKA || unsure.iter().any(|part| name.contains(part)) {
            Self::Unsure
        } else if name.contains("embedding") || model.as_str().starts_with("m3e") || model.as_str().contains("bge-") {
            Self::Embeddings
        } else if name.contains("embed") || name.starts_with("m3e") || name.contains("bge-") {
            Self::Unsure
        } else {
            Self::Chat
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ModelName {
        ModelName::parse(text).unwrap()
    }

    fn tests(gateway: GatewayKind, model: &str, upstream: &str, kind: Kind) -> bool {
        let channel = Channel { models: Some("first,gpt-4o".to_owned()), ..Channel::bare("c") };
        tests_as_itself(gateway, &channel, (&name(model), &name(upstream)), kind).is_ok()
    }

    #[test]
    fn only_what_is_tested_as_itself_is_asked() {
        use GatewayKind::{DoneHub, NewApi, OneApi, OneHub, Veloera};
        for (gateway, model, kind, expected) in [
            (NewApi, "gpt-4o", Kind::Chat, true),
            (NewApi, "not-listed", Kind::Chat, true),
            (Veloera, "text-embedding-3-small", Kind::Embedding, true),
            (NewApi, "bge-m3", Kind::Embedding, true),
            (NewApi, "BGE-M3", Kind::Embedding, false),
            (NewApi, "embed-v4", Kind::Embedding, false),
            (NewApi, "jina-embeddings-v3", Kind::Chat, false),
            (NewApi, "bge-reranker", Kind::Rerank, false),
            (NewApi, "gpt-5-codex", Kind::Responses, false),
            (NewApi, "dall-e-3", Kind::Image, false),
            (NewApi, "x-openai-compact", Kind::Chat, false),
            (OneApi, "gpt-4o", Kind::Chat, true),
            (OneApi, "gpt-4", Kind::Chat, true),
            (OneApi, "gpt-4o-mini", Kind::Chat, false),
            (OneApi, "GPT-4o", Kind::Chat, false),
            (OneApi, "first", Kind::Embedding, false),
            (OneHub, "gpt-4o", Kind::Chat, false),
            (DoneHub, "gpt-4o", Kind::Chat, false),
        ] {
            assert_eq!(tests(gateway, model, model, kind), expected, "{gateway} {model} {kind}");
        }
        assert!(!tests(NewApi, "gpt-4o", "text-embedding-x", Kind::Embedding), "another form than its call's");
    }

    #[test]
    fn a_channel_that_a_test_might_change_is_left_alone() {
        let channel = |status| Channel { status, ..Channel::bare("c") };
        assert!(may_test(GatewayKind::NewApi, &channel(Status::Enabled)).is_ok());
        assert!(may_test(GatewayKind::NewApi, &channel(Status::AutoDisabled)).is_err());
        assert!(may_test(GatewayKind::DoneHub, &channel(Status::Enabled)).unwrap_err().contains("switch it off"));
    }
}

//! A channel whose key the gateway shows to nobody: the gateway itself is asked to test its models.
//!
//! Decides: which of them, and what of the answer counts. Must not know: upstreams.

use std::collections::HashMap;

use url::Url;

use super::questions::{Questions, Way};
use crate::clock;
use crate::config::HealthBy;
use crate::gateway::admin::{may_test, tests_as_itself};
use crate::gateway::{self, Admin};
use crate::model::{
    Channel, ChannelRef, GatewayKind, ModelName, Observation, Outcome, Shape, TestAnswer, Usage, redact,
};
use crate::probe::{Finding, gateway_test};
use crate::round::Round;
use crate::store::StoreError;

impl Round {
    /// Whether the gateway may be asked about a channel without a key that we could use.
    ///
    /// # Errors
    /// Why the channel is left alone.
    pub(super) fn may_ask_gateway(&self, channel: &Channel) -> Result<(), String> {
        if self.gateway.litellm().is_some() {
            return match self.settings.litellm.health {
                HealthBy::ByModel | HealthBy::Background => Ok(()),
                HealthBy::Off => Err("litellm.health is off: its models are not asked".to_owned()),
            };
        }
        if !channel.key_hidden {
            return Err("it has no usable key".to_owned());
        }
        let wanted = self.settings.api.as_ref().is_some_and(|api| api.test_channels);
        if !wanted || self.gateway.admin().is_none() {
            return Err("its key cannot be read: give `database`, or set api.test_channels".to_owned());
        }
        may_test(self.gateway.kind(), channel)
    }

    /// Asks the gateway for each upstream model, by a name that leads to it. Nothing new is added: without the upstream's
    /// list, and without a question for a name that nobody has, what works proves little of a name from elsewhere.
    pub(super) async fn ask_gateway(
        &self,
        channel: &Channel,
        reference: &ChannelRef,
        questions: &mut Questions,
        upstream: Vec<(usize, ModelName, Way)>,
    ) -> Result<HashMap<ModelName, Observation>, StoreError> {
        questions.candidates.retain(|candidate| !candidate.may_add);
        if let Some(litellm) = self.gateway.litellm() {
            if self.settings.litellm.health == HealthBy::Background {
                // Its answers have no date, so that two may be of one check, which confirms nothing: they take nothing off.
                questions.candidates.iter_mut().for_each(|candidate| candidate.kept = true);
            }
            return self.ask_litellm(litellm, reference, upstream).await;
        }
        if self.gateway.kind() == GatewayKind::OneApi {
            // It tests nothing that is off the list, so what was taken off could not come back by itself.
            questions.candidates.iter_mut().for_each(|candidate| candidate.kept = true);
        }
        let mut names: HashMap<ModelName, ModelName> = HashMap::new();
        for candidate in &questions.candidates {
            names.entry(candidate.upstream.clone()).or_insert_with(|| candidate.model.clone());
        }
        let mut answers = HashMap::new();
        let Some(admin) = self.gateway.admin() else { return Ok(answers) };
        let asking = Asking { round: self, admin, channel, host: host(self.gateway.kind(), channel) };
        self.progress.expect(upstream.len());
        let mut silent = None;
        for (_, upstream, way) in upstream {
            if self.stop.is_cancelled() {
                break;
            }
            let Some(model) = names.get(&upstream) else { continue };
            let seen = asking.ask(model, &upstream, &way, &mut silent).await;
            self.progress.probed(reference, seen.outcome);
            answers.insert(upstream, seen);
        }
        Ok(answers)
    }
}

/// One channel's tests.
struct Asking<'a> {
    round: &'a Round,
    admin: &'a Admin,
    channel: &'a Channel,
    host: String,
}

impl Asking<'_> {
    /// Has one model tested. Once the gateway itself did not answer (`silent`), no more is asked of it.
    async fn ask(
        &self,
        model: &ModelName,
        upstream: &ModelName,
        way: &Way,
        silent: &mut Option<String>,
    ) -> Observation {
        let unasked = |outcome, why: &str| {
            Observation::bare(outcome, clock::now(), Shape::MaxTokens, format!("not asked: {why}"))
        };
        let gateway = self.round.gateway.kind();
        if let Err(why) = tests_as_itself(gateway, self.channel, (model, upstream), way.kind) {
            return unasked(Outcome::Shape, &why);
        }
        if let Some(why) = silent {
            return unasked(Outcome::Busy, why);
        }
        let account = format!("{}#{}", self.round.gateway.name(), self.channel.id);
        let ask = async {
            match self.admin.test(self.channel.id, model).await {
                Ok(told) => observation(&told, gateway_test(&self.host, &told)),
                Err(error) => {
                    let why = error.to_string();
                    let seen = unasked(Outcome::Busy, &why);
                    *silent = Some(why);
                    seen
                }
            }
        };
        self.round.inquiry.ask_through(&account, 1, ask).await
    }
}

fn observation(told: &TestAnswer, finding: Finding) -> Observation {
    let Finding { outcome, detail, .. } = finding;
    // Without a price the upstream was not asked.
    let requests = u32::from(outcome != Outcome::Shape);
    Observation {
        latency_ms: told.latency_ms,
        usage: Usage { requests, ..Usage::default() },
        ..Observation::bare(outcome, clock::now(), Shape::MaxTokens, redact(&detail, &[]))
    }
}

/// The channel's upstream as `host` or `host:port`; nothing where it has no address of its own that we could read.
fn host(kind: GatewayKind, channel: &Channel) -> String {
    let url = gateway::access(kind, channel).ok().and_then(|access| Url::parse(&access.base).ok());
    url.and_then(|url| {
        let host = url.host_str()?.to_lowercase();
        Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
    })
    .unwrap_or_default()
}

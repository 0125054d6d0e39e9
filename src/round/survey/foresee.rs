//! What a round would ask, gathered without asking: channels are read, and nothing else.

use std::collections::HashMap;

use super::offer::Offer;
use super::questions::{Questions, Rules};
use super::{Round, Scope};
use crate::clock;
use crate::config::HealthBy;
use crate::cost::{self, Rate, Rates};
use crate::model::{Channel, ChannelRef, Deployment};
use crate::openrouter;
use crate::round::RoundError;
use crate::round::forecast::{Forecast, Need, Probe};

impl Round {
    /// What probing everything that the channels advertise would take. `openrouter` are exact prices of a channel of
    /// OpenRouter's models.
    ///
    /// # Errors
    /// The gateway's database.
    pub async fn forecast(&self, openrouter: &Rates) -> Result<Forecast, RoundError> {
        let mut forecast = Forecast::new(self.gateway.name(), self.config.probe.every);
        let behind = match self.gateway.litellm() {
            Some(litellm) => litellm.known().await?,
            None => vec![],
        };
        let mut pages = self.gateway.pages(None)?;
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                break;
            }
            for channel in page {
                match channel {
                    Ok(channel) => self.foresee(&channel, openrouter, &behind, &mut forecast),
                    Err(unreadable) => forecast.leave(unreadable.channel, unreadable.why),
                }
            }
        }
        forecast.weigh(&self.config.budget);
        Ok(forecast)
    }

    /// `behind`: the deployments of a `LiteLLM`, each of which a question for its name asks.
    fn foresee(&self, channel: &Channel, openrouter: &Rates, behind: &[(i64, Deployment)], forecast: &mut Forecast) {
        let reference = ChannelRef { id: channel.id, created: channel.created, name: channel.name.clone() };
        let (advertised, targets) = match self.reach(channel) {
            Ok(reached) => reached,
            Err(why) => return forecast.leave(reference, why),
        };
        let asked_by = match (targets.first(), self.gateway.litellm().map(|_| self.settings.litellm.health)) {
            (Some(target), _) => Ok(target.endpoints.host.clone()),
            (None, Some(HealthBy::ByModel)) => Ok(self.gateway.name().to_owned()),
            (None, Some(HealthBy::Background | HealthBy::Off)) => Err("LiteLLM's own background checks ask its models"),
            (None, None) => Err("its key cannot be read: its models are tested by the gateway"),
        };
        let host = match asked_by {
            Ok(host) => host,
            Err(why) => return forecast.leave(reference, why.to_owned()),
        };
        let rules = Rules {
            models: &self.settings.models,
            manners: &self.settings.rules,
            kinds: &self.config.probe.kinds,
            policy: &self.config.verdict,
        };
        // As if nothing were known: what rests for a while is asked again one day.
        let known = HashMap::new();
        let everything = Scope::default();
        let questions =
            Questions::new(channel, &advertised, &Offer::default(), &known, rules, &everything, clock::now());
        let is_openrouter = openrouter::serves(&targets);
        let limit = u64::from(self.config.probe.max_tokens).max(cost::ANSWER_TOKENS);
        let probes: Vec<_> = questions
            .upstream
            .iter()
            .map(|(model, way)| {
                let rate = if is_openrouter { openrouter.rate(way.kind, model) } else { Rate::guess(way.kind, model) };
                let (prompt, answer) = cost::tokens(way.kind, limit);
                let named = |(id, one): &&(i64, Deployment)| *id == channel.id && one.name == model.as_str();
                let requests = behind.iter().filter(named).count().max(1);
                let requests = u64::try_from(requests).unwrap_or(u64::MAX);
                let (prompt, answer) = (prompt * requests, answer * requests);
                let need = Need { requests, tokens: prompt + answer, dollars: rate.of(requests, prompt, answer) };
                Probe { kind: way.kind, need, is_free: is_openrouter && model.as_str().ends_with(":free") }
            })
            .collect();
        let mut accounts: Vec<_> = targets.iter().map(|target| target.account).collect();
        if accounts.is_empty() {
            accounts.push(channel.id.unsigned_abs());
        }
        forecast.add(reference, &probes, questions.unprobed.len(), &accounts, &host);
    }
}

//! How single channels and models are probed: the operator's rules, and what they come to for one model.
//!
//! Decides: which rule holds for which (channel, model). Must not know: requests.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pattern::matches;
use crate::model::{Kind, ModelName};

/// One rule of `gateways.*.rules`: what it names, for the channels and models it names.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeRule {
    /// Only these channel ids; empty: all.
    pub channels: Vec<i64>,
    /// Only these models, `*` for any text; empty: all.
    pub models: Vec<String>,
    /// Whether they are asked at all.
    pub policy: Option<Policy>,
    /// What they are for, where neither the upstream's list nor the name tells.
    pub kind: Option<Kind>,
    /// The one user message of a chat probe, in place of a random sum.
    pub prompt: Option<String>,
    /// Headers beside the channel's own.
    pub headers: BTreeMap<String, String>,
    /// The `User-Agent` header; some upstreams let only known clients in.
    pub user_agent: Option<String>,
    /// Whether chat answers are asked for as streams.
    pub stream: Option<bool>,
}

/// Whether a model is asked at all: some upstreams ban probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Never asked, never judged.
    Off,
    /// Judged by the upstream's list alone, which proves nothing: shown, never changed.
    List,
    /// Judged by the gateway's own traffic alone.
    Passive,
    /// Asked.
    #[default]
    Probe,
}

/// What the rules come to for one model.
#[derive(Clone, Default, PartialEq)]
pub struct Manner {
    /// Whether it is asked at all.
    pub policy: Policy,
    /// What it is for, if a rule says so.
    pub kind: Option<Kind>,
    /// The one user message, if a rule says so.
    pub prompt: Option<String>,
    /// Headers beside the channel's own.
    pub headers: BTreeMap<String, String>,
    /// The `User-Agent` header, if a rule says so.
    pub user_agent: Option<String>,
    /// Whether as a stream, if a rule says so.
    pub stream: Option<bool>,
}

/// A header's value may be as secret as a key: only its name is shown.
impl fmt::Debug for ProbeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channels, models, policy, kind, prompt, headers, user_agent, stream } = self;
        let manner = (policy, kind, prompt, headers.keys(), user_agent, stream);
        f.debug_tuple("ProbeRule").field(channels).field(models).field(&manner).finish()
    }
}

/// As of a [`ProbeRule`].
impl fmt::Debug for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, kind, prompt, headers, user_agent, stream } = self;
        let manner = (policy, kind, prompt, headers.keys(), user_agent, stream);
        f.debug_tuple("Manner").field(&manner).finish()
    }
}

impl Manner {
    /// Without any rule.
    pub fn plain() -> &'static Self {
        static PLAIN: Manner = Manner {
            policy: Policy::Probe,
            kind: None,
            prompt: None,
            headers: BTreeMap::new(),
            user_agent: None,
            stream: None,
        };
        &PLAIN
    }

    /// What `rules` come to for one model of one channel: of each thing, what the last rule that names it says.
    pub fn of(rules: &[ProbeRule], channel: i64, model: &ModelName) -> Self {
        let mut manner = Self::default();
        for rule in rules.iter().filter(|rule| rule.holds_for(channel, model)) {
            manner.policy = rule.policy.unwrap_or(manner.policy);
            manner.kind = rule.kind.or(manner.kind);
            manner.prompt = rule.prompt.clone().or(manner.prompt);
            manner.headers.extend(rule.headers.clone());
            manner.user_agent = rule.user_agent.clone().or(manner.user_agent);
            manner.stream = rule.stream.or(manner.stream);
        }
        manner
    }
}

impl ProbeRule {
    fn holds_for(&self, channel: i64, model: &ModelName) -> bool {
        (self.channels.is_empty() || self.channels.contains(&channel))
            && (self.models.is_empty() || self.models.iter().any(|pattern| matches(pattern, model.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_headers_are_not_shown() {
        let headers = BTreeMap::from([("x-access".to_owned(), "hidden-value".to_owned())]);
        let rule = ProbeRule { headers, ..ProbeRule::default() };
        let manner = Manner::of(std::slice::from_ref(&rule), 1, &ModelName::parse("m").unwrap());
        assert_eq!(manner.headers["x-access"], "hidden-value");
        let shown = format!("{rule:?} {manner:?}");
        assert!(shown.matches("x-access").count() == 2 && !shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn the_last_rule_that_names_a_thing_says_it() {
        let rules = [
            ProbeRule { prompt: Some("hi".to_owned()), stream: Some(true), ..ProbeRule::default() },
            ProbeRule { channels: vec![7], policy: Some(Policy::Off), ..ProbeRule::default() },
            ProbeRule {
                channels: vec![7],
                models: vec!["gpt-*".to_owned()],
                policy: Some(Policy::Probe),
                stream: Some(false),
                ..ProbeRule::default()
            },
        ];
        let of = |channel, model: &str| Manner::of(&rules, channel, &ModelName::parse(model).unwrap());
        assert_eq!((of(1, "a").policy, of(1, "a").stream), (Policy::Probe, Some(true)));
        assert_eq!((of(7, "a").policy, of(7, "a").prompt.as_deref()), (Policy::Off, Some("hi")));
        assert_eq!((of(7, "gpt-4o").policy, of(7, "gpt-4o").stream), (Policy::Probe, Some(false)));
        assert_eq!(Manner::of(&[], 1, &ModelName::parse("a").unwrap()), *Manner::plain());
    }
}

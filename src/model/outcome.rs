//! What one probe showed, and what kind of evidence that is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one probe of one (channel, key, model) showed.
///
/// The variants follow the failure taxonomy of the field: only the body and status of the answer decide, and most
/// failures say nothing about the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The model answered, or spent tokens on an answer.
    Works,
    /// A filter or refusal answered: something evaluated the request, so the model is there.
    Filtered,
    /// The provider says that this name does not exist or is retired.
    Gone,
    /// The name may exist, but this key, account, plan or region cannot use it.
    NoAccess,
    /// A reseller has no live channel for this name now (One API, New API: status 503, "no available channel").
    NoRoute,
    /// A server error (5xx) that names no cause.
    Broken,
    /// No complete answer within the deadline.
    TimedOut,
    /// Status 200 with nothing in it: no text, no reasoning, no tokens.
    Empty,
    /// Rate limit, overload, capacity, cold start: says nothing about the model.
    Busy,
    /// The key is invalid, disabled or blocked: says nothing about any model.
    KeyBad,
    /// No credit, spend cap reached, plan expired: says nothing about any model.
    KeyBroke,
    /// Wrong address, path, region or a web firewall: says nothing about any model.
    ChannelConfig,
    /// No connection at all (DNS, refused, TLS, reset): says nothing about any model.
    Unreachable,
    /// Every request shape we know was refused as malformed: the model cannot be probed by us.
    Shape,
    /// Status 200 with a body that fits nothing we know.
    Suspect,
    /// A refusal that no table knows.
    Unknown,
}

/// How an outcome counts for or against its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The model answers.
    Alive,
    /// The upstream says that the model is not there for us: few confirmations needed.
    Denied,
    /// A reseller has no route to it now: many confirmations over a day needed.
    Unrouted,
    /// It fails while its siblings answer: several confirmations needed.
    Failing,
    /// Nothing about the model.
    Nothing,
}

impl Outcome {
    /// Every outcome, in declaration order.
    pub const ALL: [Self; 16] = [
        Self::Works,
        Self::Filtered,
        Self::Gone,
        Self::NoAccess,
        Self::NoRoute,
        Self::Broken,
        Self::TimedOut,
        Self::Empty,
        Self::Busy,
        Self::KeyBad,
        Self::KeyBroke,
        Self::ChannelConfig,
        Self::Unreachable,
        Self::Shape,
        Self::Suspect,
        Self::Unknown,
    ];

    /// How this outcome counts.
    pub fn evidence(self) -> Evidence {
        match self {
            Self::Works | Self::Filtered => Evidence::Alive,
            Self::Gone | Self::NoAccess => Evidence::Denied,
            Self::NoRoute => Evidence::Unrouted,
            Self::Broken | Self::TimedOut | Self::Empty => Evidence::Failing,
            Self::Busy
            | Self::KeyBad
            | Self::KeyBroke
            | Self::ChannelConfig
            | Self::Unreachable
            | Self::Shape
            | Self::Suspect
            | Self::Unknown => Evidence::Nothing,
        }
    }

    /// The outcome's name in the store, in JSON and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Filtered => "filtered",
            Self::Gone => "gone",
            Self::NoAccess => "no-access",
            Self::NoRoute => "no-route",
            Self::Broken => "broken",
            Self::TimedOut => "timed-out",
            Self::Empty => "empty",
            Self::Busy => "busy",
            Self::KeyBad => "key-bad",
            Self::KeyBroke => "key-broke",
            Self::ChannelConfig => "channel-config",
            Self::Unreachable => "unreachable",
            Self::Shape => "shape",
            Self::Suspect => "suspect",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_found_by_its_name() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }

    #[test]
    fn a_rate_limit_a_bad_key_and_no_credit_say_nothing_about_a_model() {
        for outcome in [Outcome::Busy, Outcome::KeyBad, Outcome::KeyBroke, Outcome::Unreachable] {
            assert_eq!(outcome.evidence(), Evidence::Nothing);
        }
    }
}

//! What people are told of: one cause each, and how much it matters.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much something matters, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Somebody should look at it.
    Warning,
    /// The gateway's users get errors, or nobody looks after them.
    Critical,
}

impl Severity {
    /// Its name in the configuration and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Why somebody is told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A model was taken off a channel's list.
    Withdrawn,
    /// A model that was taken off is back.
    Restored,
    /// A new model was put on a channel's list.
    New,
    /// A model's provider will end it.
    Expiring,
    /// A model answers as another one would: another name, a wrong sum.
    Substituted,
    /// A model works at times only.
    Degraded,
    /// A model does not work, and stands on its list yet.
    Failing,
    /// A key is refused.
    KeyBad,
    /// A key has no credit.
    NoCredit,
    /// A channel's upstream cannot be reached: address, TLS, firewall.
    Unreachable,
    /// Nothing on a channel answers as it should.
    Silent,
    /// A change is wanted that the mode does not let be written.
    Wanted,
    /// A change waits for a person's word.
    Proposed,
    /// A guard holds a change back.
    Held,
    /// Somebody else takes our changes back.
    Contested,
    /// What probing may use up today is nearly used up.
    Budget,
    /// Our own last good round is too long ago.
    Stale,
    /// A gateway's database or admin API cannot be read.
    GatewayUnreachable,
    /// Our own store cannot be read or written.
    StoreUnreachable,
    /// A receiver of such messages takes none.
    ReceiverDown,
    /// LiteLLM: an upstream account has no credit.
    LitellmCredits,
    /// LiteLLM: an upstream refuses its key.
    LitellmAuth,
    /// LiteLLM itself does not answer.
    LitellmServer,
}

impl Cause {
    /// Every cause, in declaration order.
    pub const ALL: [Self; 23] = [
        Self::Withdrawn,
        Self::Restored,
        Self::New,
        Self::Expiring,
        Self::Substituted,
        Self::Degraded,
        Self::Failing,
        Self::KeyBad,
        Self::NoCredit,
        Self::Unreachable,
        Self::Silent,
        Self::Wanted,
        Self::Proposed,
        Self::Held,
        Self::Contested,
        Self::Budget,
        Self::Stale,
        Self::GatewayUnreachable,
        Self::StoreUnreachable,
        Self::ReceiverDown,
        Self::LitellmCredits,
        Self::LitellmAuth,
        Self::LitellmServer,
    ];

    /// Its name in the configuration, in JSON and in the texts' keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Restored => "restored",
            Self::New => "new",
            Self::Expiring => "expiring",
            Self::Substituted => "substituted",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
            Self::KeyBad => "key-bad",
            Self::NoCredit => "no-credit",
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::Wanted => "wanted",
            Self::Proposed => "proposed",
            Self::Held => "held",
            Self::Contested => "contested",
            Self::Budget => "budget",
            Self::Stale => "stale",
            Self::GatewayUnreachable => "gateway-unreachable",
            Self::StoreUnreachable => "store-unreachable",
            Self::ReceiverDown => "receiver-down",
            Self::LitellmCredits => "litellm-credits",
            Self::LitellmAuth => "litellm-auth",
            Self::LitellmServer => "litellm-server",
        }
    }

    /// How much it matters.
    pub fn severity(self) -> Severity {
        match self {
            Self::KeyBad
            | Self::NoCredit
            | Self::Unreachable
            | Self::Silent
            | Self::Stale
            | Self::GatewayUnreachable
            | Self::StoreUnreachable
            | Self::LitellmCredits
            | Self::LitellmAuth
            | Self::LitellmServer => Severity::Critical,
            Self::Withdrawn
            | Self::Expiring
            | Self::Substituted
            | Self::Failing
            | Self::Wanted
            | Self::Proposed
            | Self::Held
            | Self::Contested
            | Self::Budget
            | Self::ReceiverDown => Severity::Warning,
            Self::Restored | Self::New | Self::Degraded => Severity::Info,
        }
    }

    /// Whether it happened once and is over with that, rather than lasting until it is mended: nobody is reminded of
    /// it, and it is never resolved.
    pub fn happens_once(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Restored | Self::New)
    }

    /// Whether it is about what a channel answers, so that nobody knows of it while nothing on the channel does.
    pub fn is_of_answers(self) -> bool {
        match self {
            Self::Substituted
            | Self::Degraded
            | Self::Failing
            | Self::KeyBad
            | Self::NoCredit
            | Self::Unreachable
            | Self::Silent => true,
            Self::Withdrawn
            | Self::Restored
            | Self::New
            | Self::Expiring
            | Self::Wanted
            | Self::Proposed
            | Self::Held
            | Self::Contested
            | Self::Budget
            | Self::Stale
            | Self::GatewayUnreachable
            | Self::StoreUnreachable
            | Self::ReceiverDown
            | Self::LitellmCredits
            | Self::LitellmAuth
            | Self::LitellmServer => false,
        }
    }

    /// Whether one look may be wrong about it, so that it must last a while (`notify.settle`) before it is told. All
    /// else was confirmed before it came here, or is a plain fact.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Degraded | Self::Failing | Self::Unreachable | Self::Silent | Self::GatewayUnreachable)
    }

    /// Whether people are told again while it lasts (`notify.remind`).
    pub fn is_reminded_of(self) -> bool {
        match self {
            Self::KeyBad
            | Self::NoCredit
            | Self::Unreachable
            | Self::Silent
            | Self::Proposed
            | Self::Held
            | Self::Contested
            | Self::Stale
            | Self::GatewayUnreachable
            | Self::StoreUnreachable
            | Self::ReceiverDown
            | Self::LitellmCredits
            | Self::LitellmAuth
            | Self::LitellmServer => true,
            Self::Withdrawn
            | Self::Restored
            | Self::New
            | Self::Expiring
            | Self::Substituted
            | Self::Degraded
            | Self::Failing
            | Self::Wanted
            | Self::Budget => false,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_name_of_its_own_and_what_happens_once_is_never_reminded_of() {
        let mut names: Vec<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
            assert!(!(cause.happens_once() && (cause.is_reminded_of() || cause.may_pass())), "{cause}");
        }
    }
}

//! The nouns of the field, without behaviour of their own.
//!
//! Decides: what a channel, a model name, an outcome, a standing and a change *are*.
//! Must not know: where any of them comes from (no I/O, no clock, no async).

mod access;
mod cause;
mod change;
mod channel;
mod intent;
mod kind;
mod litellm;
mod names;
mod observation;
mod offered;
mod outcome;
mod price;
mod redact;
mod sample;
mod secret;
mod shape;
mod standing;
mod traffic;
mod trial;

pub use access::{Access, AzureApi, Dialect, OpenAiPaths, Protocol};
pub use cause::{Cause, Severity};
pub use change::{Change, ChannelRef, Guard, Held, Reason, Removal};
pub use channel::{Ability, Channel, ClosedKey, Fingerprint, GatewayKind, Mapping, Route, Status};
pub use intent::{Image, Intent, ListText, Rows};
pub use kind::Kind;
pub use litellm::{Check, Class, Deployment, DeploymentSeen, Health, Incident, LogFailure, ProcessSeen, SignSource};
pub use names::{ModelName, WorkingList};
pub use observation::{Mark, Observation, Timing, Usage};
pub use offered::Offered;
pub use outcome::{Evidence, Outcome};
pub use price::{Price, Pricing};
pub use redact::redact;
pub(crate) use redact::{is_invisible, redact_up_to};
pub use sample::Sample;
pub use secret::Secret;
pub use shape::Shape;
pub use standing::{Standing, Streak, Withdrawn};
pub use traffic::{Came, Traffic, TrafficFailure, Witnessed};
pub use trial::TestAnswer;

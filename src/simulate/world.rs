//! What a simulated upstream holds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Kind;

/// The models, the list and the keys of one simulated upstream.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Each model and how it behaves; any other name is unknown.
    pub models: BTreeMap<String, Behaviour>,
    /// How the list behaves.
    pub list: ListBehaviour,
    /// The keys it knows; none: it wants no key.
    pub keys: Vec<String>,
    /// How a name behaves that is none of the models; left out: as gone.
    pub unknown: Option<Behaviour>,
}

/// How a model behaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Behaviour {
    /// Answers, to a question of any kind.
    Works,
    /// Answers to questions of this kind; refuses others as a model of another kind does.
    Only(Kind),
    /// Answers, but is not in memory: asking loads it (Ollama).
    Unloaded,
    /// Answers, after this long.
    Slow(Duration),
    /// Fails with 500 this many times, then answers.
    WorksAfter(u64),
    /// Answers and fails with 500 by turns, beginning with a failure.
    Flapping,
    /// 404 `model_not_found`, though it may be listed.
    Gone,
    /// 403: this key has no access to it.
    NoAccess,
    /// Answers to this key; another has no access to it.
    OnlyFor(String),
    /// 503, as a reseller without a live channel for it says.
    NoRoute,
    /// 429, with this `Retry-After` in seconds.
    RateLimited(Option<u64>),
    /// 429 `insufficient_quota`.
    NoCredit,
    /// 500 without a cause.
    Broken,
    /// Takes the question and never answers.
    Hangs,
    /// 200 with no text and no tokens.
    Empty,
    /// Refuses `max_tokens`, takes `max_completion_tokens`.
    NeedsCompletionLimit,
    /// Answers as a stream only.
    StreamOnly,
    /// 404: "only supported in v1/responses".
    ResponsesOnly,
    /// 200 with a web page.
    Page,
    /// 200 with JSON that is no answer.
    OddJson,
    /// 200 with finish reason `content_filter`.
    Filtered,
    /// Exactly this status and body.
    Says(u16, String),
}

impl Behaviour {
    /// Whether the list names such a model.
    pub fn is_listed(&self) -> bool {
        !matches!(self, Self::Gone | Self::NoRoute)
    }
}

/// How the list behaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ListBehaviour {
    /// Names the models that are there.
    #[default]
    Models,
    /// Names exactly these.
    Names(Vec<String>),
    /// `{"data": []}`.
    Empty,
    /// `{}`.
    Nothing,
    /// 401.
    Refused,
    /// 500.
    Broken,
    /// 200 with a web page.
    Page,
    /// Never answers.
    Hangs,
    /// Exactly this status and body.
    Says(u16, String),
}

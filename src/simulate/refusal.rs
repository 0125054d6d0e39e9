//! Why a request is not answered, before it is put into any protocol's form.
//!
//! Decides: the reasons. Must not know: statuses, codes, words.

/// A reason to refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such call.
    WrongPath(String),
    /// The key, which is repeated to its owner as OpenAI does: what shows it to anyone has to take it out.
    BadKey(String),
    /// A real upstream would not have taken it: the field, and what is wrong with it.
    Malformed(&'static str, String),
    /// There is no such model.
    Gone,
    /// Not for this key.
    NoAccess,
    /// A reseller has no channel for it.
    NoRoute,
    /// Too many, with the seconds to wait.
    RateLimited(Option<u64>),
    /// Nothing left.
    NoCredit,
    /// The server's own fault.
    Broken,
    /// The limit has another name.
    LimitName,
    /// As a stream only.
    StreamOnly,
    /// At the Responses call only.
    ResponsesOnly,
    /// The model is of another kind than the call.
    OtherKind,
}

impl Refusal {
    /// A field that must be there, or must not.
    pub(super) fn field(name: &'static str, what: &str) -> Self {
        Self::Malformed(name, format!("{what}: '{name}'."))
    }
}

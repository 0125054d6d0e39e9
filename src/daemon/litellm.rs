//! Watches each `LiteLLM`.
//!
//! Decides: when it is looked at. Must not know: how its API is spoken, what its answers mean.

pub(super) mod log;

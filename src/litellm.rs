//! What a `LiteLLM` tells beside its API: its log; and which of its troubles last.
//!
//! Decides: what a line of its log means, which request it is of, and when a trouble begins and ends.
//! Must not know: how its API is spoken (`gateway`), who is told (`notify`).

pub mod failure;
pub mod incidents;
pub mod record;
pub mod sources;
pub mod tail;

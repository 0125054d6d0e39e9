//! A `LiteLLM` proxy read, asked and told of, over a stand-in that is as strict as the real one.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/litellm.rs"]
mod litellm;
#[path = "support/log.rs"]
mod log;

#[path = "litellm/bench.rs"]
mod bench;
#[path = "litellm/one_at_a_time.rs"]
mod one_at_a_time;
#[path = "litellm/read.rs"]
mod read;
#[path = "litellm/rounds.rs"]
mod rounds;
#[path = "litellm/write.rs"]
mod write;

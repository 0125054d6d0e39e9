//! Our own REST API as our own commands ask it: that of a running instance, or one answered in this process from the store.
//!
//! Decides: where a question goes. Must not know: what an answer is for.

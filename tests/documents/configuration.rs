//! Every key of the configuration stands in docs/configuration.md.

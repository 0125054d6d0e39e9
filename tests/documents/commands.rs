//! Every command and flag stands in docs/commands.md.

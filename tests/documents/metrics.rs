//! Every metric stands in docs/metrics.md.

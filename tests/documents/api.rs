//! The REST API's endpoints stand in docs/api.md.

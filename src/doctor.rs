//! `doctor`: what is wrong with a setup, why, and the exact fix.
//!
//! Decides: what is checked, in which order, and how bad a finding is. Must not know: how it is shown.

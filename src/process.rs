//! A gateway's process on this machine: found by the port it listens at and its name, its children summed up.
//!
//! Decides: which process it is. Must not know: what the figures mean to anybody.

//! Pictures and keys, without a terminal.

mod fixture;
mod keys;
mod pictures;
mod whatever;

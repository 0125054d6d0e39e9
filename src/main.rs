//! The `channelwarden` program.
fn main() {}

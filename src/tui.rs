//! `top`: the dashboard in a terminal. It reads what the REST API answers, and hands orders on the same way.
//!
//! Decides: what is drawn where, and what a key does. Must not know: gateways, probes, the store.

mod deed;
mod draw;
mod question;
mod run;
mod screen;
mod seen;
mod state;
#[cfg(test)]
mod tests;

pub use self::run::{Top, run};
